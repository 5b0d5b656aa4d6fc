"""Names of models and fields for people to read: nothing changes in the database."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0005_panel_indexes'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='batch',
            options={'ordering': ['-pk'], 'verbose_name': 'batch', 'verbose_name_plural': 'batches'},
        ),
        migrations.AlterModelOptions(
            name='budget',
            options={'ordering': ['-month', 'user_id'], 'verbose_name': 'budget', 'verbose_name_plural': 'budgets'},
        ),
        migrations.AlterModelOptions(
            name='event',
            options={'ordering': ['pk'], 'verbose_name': 'event', 'verbose_name_plural': 'events'},
        ),
        migrations.AlterModelOptions(
            name='image',
            options={'ordering': ['-pk'], 'verbose_name': 'picture', 'verbose_name_plural': 'pictures'},
        ),
        migrations.AlterModelOptions(
            name='lease',
            options={'verbose_name': 'lease', 'verbose_name_plural': 'leases'},
        ),
        migrations.AlterModelOptions(
            name='prompt',
            options={'ordering': ['-pk'], 'verbose_name': 'prompt', 'verbose_name_plural': 'prompts'},
        ),
        migrations.AlterModelOptions(
            name='reference',
            options={'ordering': ['position'], 'verbose_name': 'reference', 'verbose_name_plural': 'references'},
        ),
        migrations.AlterModelOptions(
            name='task',
            options={'ordering': ['-pk'], 'verbose_name': 'task', 'verbose_name_plural': 'tasks'},
        ),
        migrations.AlterField(
            model_name='batch',
            name='content_hash',
            field=models.CharField(editable=False, max_length=64, verbose_name='content hash'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='form_token',
            field=models.UUIDField(editable=False, verbose_name='form token'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='kind',
            field=models.CharField(choices=[('first', 'first run'), ('rerun', 're-run'), ('again', 'sent again')], default='first', max_length=8, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='prompt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='gallery.prompt', verbose_name='prompt'),
        ),
        migrations.AlterField(
            model_name='budget',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by whom'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='gallery.task', verbose_name='task'),
        ),
        migrations.AlterField(
            model_name='charge',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='charges', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='event',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by whom'),
        ),
        migrations.AlterField(
            model_name='event',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='event',
            name='facts',
            field=models.JSONField(default=dict, verbose_name='facts'),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(max_length=20, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='event',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='gallery.task', verbose_name='task'),
        ),
        migrations.AlterField(
            model_name='image',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='image',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='images', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='image',
            name='task',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='image', to='gallery.task', verbose_name='task'),
        ),
        migrations.AlterField(
            model_name='imagemodel',
            name='off_detail',
            field=models.CharField(blank=True, max_length=500, verbose_name='detail'),
        ),
        migrations.AlterField(
            model_name='imagemodel',
            name='off_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='off since'),
        ),
        migrations.AlterField(
            model_name='lease',
            name='holder',
            field=models.UUIDField(null=True, verbose_name='holder'),
        ),
        migrations.AlterField(
            model_name='lease',
            name='name',
            field=models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='name'),
        ),
        migrations.AlterField(
            model_name='lease',
            name='seen_at',
            field=models.DateTimeField(null=True, verbose_name='seen at'),
        ),
        migrations.AlterField(
            model_name='lease',
            name='until',
            field=models.DateTimeField(null=True, verbose_name='until'),
        ),
        migrations.AlterField(
            model_name='prompt',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='prompt',
            name='model',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prompts', to='gallery.imagemodel', verbose_name='model'),
        ),
        migrations.AlterField(
            model_name='prompt',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prompts', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='prompt',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='gallery.prompt', verbose_name='edited from'),
        ),
        migrations.AlterField(
            model_name='prompt',
            name='search_text',
            field=models.TextField(editable=False, verbose_name='text for the search'),
        ),
        migrations.AlterField(
            model_name='reference',
            name='position',
            field=models.PositiveSmallIntegerField(verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='reference',
            name='prompt',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='references', to='gallery.prompt', verbose_name='prompt'),
        ),
        migrations.AlterField(
            model_name='reference',
            name='url',
            field=models.TextField(verbose_name='link'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='pause_note',
            field=models.CharField(blank=True, editable=False, max_length=500, verbose_name='note'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='pause_reason',
            field=models.CharField(blank=True, editable=False, max_length=40, verbose_name='why spending is paused'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='paused_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='paused by'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='resumed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='resumed at'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='resumed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='resumed by'),
        ),
        migrations.AlterField(
            model_name='studio',
            name='setup_token_hash',
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name='hash of the set-up link'),
        ),
        migrations.AlterField(
            model_name='task',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='gallery.batch', verbose_name='batch'),
        ),
        migrations.AlterField(
            model_name='task',
            name='claim',
            field=models.UUIDField(null=True, verbose_name='claim'),
        ),
        migrations.AlterField(
            model_name='task',
            name='claimed_until',
            field=models.DateTimeField(null=True, verbose_name='claimed until'),
        ),
        migrations.AlterField(
            model_name='task',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='task',
            name='dismissed_at',
            field=models.DateTimeField(null=True, verbose_name='dismissed at'),
        ),
        migrations.AlterField(
            model_name='task',
            name='due_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='due at'),
        ),
        migrations.AlterField(
            model_name='task',
            name='give_up_at',
            field=models.DateTimeField(null=True, verbose_name='given up after'),
        ),
        migrations.AlterField(
            model_name='task',
            name='later_count',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='times told to try later'),
        ),
        migrations.AlterField(
            model_name='task',
            name='later_since',
            field=models.DateTimeField(null=True, verbose_name='told to try later since'),
        ),
        migrations.AlterField(
            model_name='task',
            name='missing_count',
            field=models.PositiveIntegerField(default=0, verbose_name='times not found'),
        ),
        migrations.AlterField(
            model_name='task',
            name='missing_since',
            field=models.DateTimeField(null=True, verbose_name='not found since'),
        ),
        migrations.AlterField(
            model_name='task',
            name='model',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='gallery.imagemodel', verbose_name='model'),
        ),
        migrations.AlterField(
            model_name='task',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AlterField(
            model_name='task',
            name='position',
            field=models.PositiveSmallIntegerField(verbose_name='place in the batch'),
        ),
        migrations.AlterField(
            model_name='task',
            name='result_url',
            field=models.TextField(blank=True, verbose_name='link to the result'),
        ),
        migrations.AlterField(
            model_name='task',
            name='version',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='version'),
        ),
        migrations.AlterField(
            model_name='user',
            name='last_sent_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='last sent at'),
        ),
        migrations.AlterField(
            model_name='user',
            name='session_epoch',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='session epoch'),
        ),
    ]
