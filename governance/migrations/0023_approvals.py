import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0019_checkpoints'),
    ]

    operations = [
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
                ('identity', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.identity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['identity', '-id'], name='kill_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('identity', 'scope', 'ref'), name='kill_once'), models.CheckConstraint(condition=models.Q(models.Q(('ref', ''), ('scope', 'identity')), models.Q(models.Q(('scope', 'identity'), _negated=True), models.Q(('ref', ''), _negated=True)), _connector='OR'), name='kill_names_its_scope')],
            },
        ),
    ]
