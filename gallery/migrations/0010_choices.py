"""What pictures are found, sorted and chosen by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0009_balance'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='cost_kopecks',
            field=models.BigIntegerField(default=0, editable=False, verbose_name='cost, kopecks'),
        ),
        migrations.AddField(
            model_name='image',
            name='favourite',
            field=models.BooleanField(default=False, verbose_name='favourite'),
        ),
        migrations.AddField(
            model_name='image',
            name='model',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='images', to='gallery.imagemodel', verbose_name='model'),
        ),
        migrations.AddField(
            model_name='image',
            name='prompt',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='images', to='gallery.prompt', verbose_name='prompt'),
        ),
        migrations.AddField(
            model_name='image',
            name='rating',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='rating'),
        ),
        migrations.AddField(
            model_name='image',
            name='ratio',
            field=models.CharField(blank=True, default='', editable=False, max_length=8, verbose_name='ratio'),
        ),
        migrations.CreateModel(
            name='Collection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('key', models.CharField(editable=False, max_length=400, verbose_name='folded name')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='gallery.image', verbose_name='cover')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='collections', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'collection',
                'verbose_name_plural': 'collections',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.BigIntegerField(verbose_name='place')),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='gallery.collection', verbose_name='collection')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='gallery.image', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ['place', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('key', models.CharField(editable=False, max_length=400, verbose_name='folded name')),
                ('line', models.CharField(max_length=500, verbose_name='search line')),
                ('sort', models.CharField(blank=True, max_length=10, verbose_name='order')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='saved_searches', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'saved search',
                'verbose_name_plural': 'saved searches',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50, verbose_name='name')),
                ('key', models.CharField(editable=False, max_length=200, verbose_name='folded name')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tags', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'tag',
                'verbose_name_plural': 'tags',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Tagging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='taggings', to='gallery.image', verbose_name='picture')),
                ('tag', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='taggings', to='gallery.tag', verbose_name='tag')),
            ],
            options={
                'verbose_name': 'tagging',
                'verbose_name_plural': 'taggings',
                'ordering': ['tag', '-image'],
            },
        ),
        migrations.AddField(
            model_name='image',
            name='tags',
            field=models.ManyToManyField(related_name='images', through='gallery.Tagging', to='gallery.tag', verbose_name='tags'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['owner', '-rating', '-id'], name='image_by_rating'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['owner', '-cost_kopecks', '-id'], name='image_by_cost'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('favourite', True), ('trashed_at', None)), fields=['owner', '-id'], name='image_favourite'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('trashed_at', None)), fields=['owner', 'model', '-id'], name='image_by_model'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['prompt', '-id'], name='image_of_prompt'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('rating__lte', 5)), name='rating_of_0_to_5'),
        ),
        migrations.AddConstraint(
            model_name='collection',
            constraint=models.UniqueConstraint(fields=('owner', 'key'), name='one_collection_a_name'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['collection', 'place', 'id'], name='collection_in_order'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('collection', 'image'), name='in_a_collection_once'),
        ),
        migrations.AddConstraint(
            model_name='savedsearch',
            constraint=models.UniqueConstraint(fields=('owner', 'key'), name='one_saved_search_a_name'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('owner', 'key'), name='one_tag_a_word'),
        ),
        migrations.AddConstraint(
            model_name='tagging',
            constraint=models.UniqueConstraint(fields=('tag', 'image'), name='one_tag_once'),
        ),
    ]
