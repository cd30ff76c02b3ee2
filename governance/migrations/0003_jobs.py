"""The queue of jobs and the signs of life of its workers."""


import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0002_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='WorkerBeat',
            fields=[
                ('holder', models.IntegerField(primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=80)),
                ('identity_id', models.UUIDField(null=True)),
                ('object_id', models.UUIDField(null=True)),
                ('person_id', models.UUIDField(null=True)),
                ('slot', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('queued', 'Handed out'), ('running', 'Running'), ('done', 'Done'), ('dead', 'Given up'), ('refused', 'Refused')], default='pending', max_length=7)),
                ('run_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('lease_until', models.DateTimeField(null=True)),
                ('fence', models.IntegerField(default=0)),
                ('holder', models.IntegerField(null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, max_length=60)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['pending', 'queued', 'running'])), fields=['identity_id', 'state', 'run_at'], name='job_open'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='job_finished')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'slot'), name='job_once_per_slot')],
            },
        ),
    ]

