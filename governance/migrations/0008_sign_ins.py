"""A row for every open sign-in, so that a person sees and ends them; it replaces the library's table."""
import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("governance", "0007_invitations"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        # Every open sign-in has a row from now on: who is signed in now signs in once more.
        migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop),
        migrations.RunSQL("DROP TABLE IF EXISTS usersessions_usersession", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('session_key', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(choices=[('page', 'Browser'), ('api', 'Program')], max_length=4)),
                ('method', models.CharField(max_length=40)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='sign_in_newest')],
            },
        ),
    ]
