import django.db.models.deletion
import django.db.models.functions.comparison
import governance.isolation.models
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', "0022_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name='Kill',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('identity', 'Everything in this identity'), ('sphere', 'A sphere'), ('thread', 'A thread'), ('agent', 'An agent')], max_length=8)),
                ('ref', models.CharField(blank=True, max_length=60)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('stopped', models.PositiveIntegerField(default=0)),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=80)),
                ('at', models.DateTimeField()),
                ('lifted_by_id', models.UUIDField(null=True)),
                ('lifted_by_name', models.CharField(blank=True, max_length=80)),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Sight',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('together', models.PositiveSmallIntegerField(default=1)),
                ('at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='vote',
            name='thought_ms',
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='budgetwarning',
            name='unit',
            field=models.CharField(choices=[('tokens', 'tokens'), ('pico_usd', 'US dollars')], max_length=8),
        ),
        migrations.AlterField(
            model_name='cap',
            name='unit',
            field=models.CharField(choices=[('tokens', 'tokens'), ('pico_usd', 'US dollars')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='violation',
            index=models.Index(fields=['identity', 'kind', '-id'], name='violation_by_kind'),
        ),
        migrations.AddIndex(
            model_name='violation',
            index=models.Index(fields=['identity', 'severity', '-id'], name='violation_by_severity'),
        ),
        migrations.AddIndex(
            model_name='violation',
            index=models.Index(condition=models.Q(('resolved_at__isnull', True)), fields=['identity', '-id'], name='violation_open'),
        ),
        migrations.AddIndex(
            model_name='vote',
            index=models.Index(models.F('identity'), django.db.models.functions.comparison.Coalesce('cast_by_id', 'person_id'), models.OrderBy(models.F('id'), descending=True), name='vote_by_caster'),
        ),
        migrations.AddField(
            model_name='kill',
            name='identity',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity'),
        ),
        migrations.AddField(
            model_name='sight',
            name='checkpoint',
            field=governance.isolation.models.ScopedKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='governance.checkpoint'),
        ),
        migrations.AddField(
            model_name='sight',
            name='identity',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity'),
        ),
        migrations.AddIndex(
            model_name='kill',
            index=models.Index(fields=['identity', '-id'], name='kill_newest'),
        ),
        migrations.AddConstraint(
            model_name='kill',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('identity', 'scope', 'ref'), name='kill_once'),
        ),
        migrations.AddConstraint(
            model_name='kill',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ref', ''), ('scope', 'identity')), models.Q(models.Q(('scope', 'identity'), _negated=True), models.Q(('ref', ''), _negated=True)), _connector='OR'), name='kill_names_its_scope'),
        ),
        migrations.AddConstraint(
            model_name='sight',
            constraint=models.UniqueConstraint(fields=('identity', 'checkpoint', 'person_id'), name='sight_once'),
        ),
    ]
