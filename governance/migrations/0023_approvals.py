from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', "0022_orders"),
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
    ]
