import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0023_approvals'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataexport',
            name='kind',
            field=models.CharField(choices=[('all', 'Everything'), ('log', 'The log')], default='all', max_length=3),
        ),
        migrations.AddField(
            model_name='dataexport',
            name='narrowed',
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name='dataexport',
            index=models.Index(fields=['identity', 'kind', '-id'], name='export_of_kind'),
        ),
        migrations.CreateModel(
            name='ChainCheck',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Broken off')], default='waiting', max_length=7)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(default=0)),
                ('ok', models.BooleanField(null=True)),
                ('first_bad', models.JSONField(null=True)),
                ('signed', models.BigIntegerField(null=True)),
                ('hash', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('identity', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['identity', '-id'], name='chain_check_newest')],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'running'])), fields=('identity',), name='chain_check_one_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LawCheck',
            fields=[
                ('key', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('law', models.CharField(max_length=3)),
                ('state', models.CharField(choices=[('holds', 'Holds'), ('broken', 'Does not hold'), ('untold', 'Cannot be told')], max_length=6)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField()),
                ('since', models.DateTimeField()),
                ('duration_us', models.BigIntegerField()),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
