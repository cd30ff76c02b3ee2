import django.db.models.deletion
import django.db.models.functions.comparison
import governance.isolation.models
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0018_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('from_person_id', models.UUIDField()),
                ('from_name', models.CharField(max_length=80)),
                ('to_person_id', models.UUIDField()),
                ('to_name', models.CharField(max_length=80)),
                ('covers', models.JSONField(default=list)),
                ('checkpoint_id', models.UUIDField(null=True)),
                ('ceiling_pico_usd', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField()),
                ('starts_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('identity', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [
                    models.Index(condition=models.Q(('revoked_at__isnull', True)), fields=['identity', 'to_person_id', 'until'], name='delegation_to'),
                    models.Index(condition=models.Q(('revoked_at__isnull', True)), fields=['identity', 'from_person_id', 'until'], name='delegation_from'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until__gt', models.F('starts_at'))), name='delegation_has_an_end'),
                    models.CheckConstraint(condition=models.Q(('from_person_id', models.F('to_person_id')), _negated=True), name='delegation_to_another'),
                    models.CheckConstraint(condition=models.Q(('ceiling_pico_usd__gte', 0)), name='delegation_ceiling_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(max_length=100)),
                ('thread_id', models.UUIDField()),
                ('agent', models.CharField(blank=True, max_length=60)),
                ('person_id', models.UUIDField()),
                ('given_by_id', models.UUIDField()),
                ('given_by_name', models.CharField(max_length=80)),
                ('checkpoint_id', models.UUIDField()),
                ('ceiling_pico_usd', models.BigIntegerField()),
                ('used_pico_usd', models.BigIntegerField(default=0)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('identity', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [
                    models.Index(condition=models.Q(('revoked_at__isnull', True)), fields=['identity', 'thread_id', 'action'], name='grant_in_thread'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('used_pico_usd__gte', 0), ('used_pico_usd__lte', models.F('ceiling_pico_usd'))), name='grant_within_its_ceiling'),
                ],
            },
        ),
        migrations.AddField(
            model_name='vote',
            name='self_approved',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='vote',
            name='envelope_digest',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='vote',
            name='cast_by_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='vote',
            name='cast_by_name',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='vote',
            name='delegation',
            field=governance.isolation.models.ScopedKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.delegation'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(models.F('identity'), models.F('checkpoint'), django.db.models.functions.comparison.Coalesce('cast_by_id', 'person_id'), name='vote_cast_once'),
        ),
    ]
