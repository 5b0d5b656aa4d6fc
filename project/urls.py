"""The whole map of addresses."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from gallery.views import (
    accounts,
    gallery,
    help,
    images,
    profile,
    prompts,
    site,
    studio,
    tasks,
    trash,
)
from gallery.views.health import healthz

urlpatterns = [
    path("", studio.studio_show, name="studio_show"),
    path("batches/", studio.batch_create, name="batch_create"),
    path("tasks/live/", tasks.task_live, name="task_live"),
    path("tasks/<int:pk>/", tasks.task_show, name="task_show"),
    path("tasks/<int:pk>/receipt/", tasks.task_receipt, name="task_receipt"),
    path("tasks/<int:pk>/cancel/", tasks.task_cancel, name="task_cancel"),
    path("tasks/<int:pk>/dismiss/", tasks.task_dismiss, name="task_dismiss"),
    path("tasks/<int:pk>/ask/", tasks.task_ask, name="task_ask"),
    path("tasks/<int:pk>/note/", tasks.task_note, name="task_note"),
    path("tasks/<int:pk>/again/", tasks.task_again, name="task_again"),
    path("gallery/", gallery.image_list, name="image_list"),
    path("images/<int:pk>/", images.image_show, name="image_show"),
    path("images/<int:pk>/original/", images.image_original, name="image_original"),
    path("images/<int:pk>/thumbs/<int:size>/", images.image_thumbnail, name="image_thumbnail"),
    path("images/<int:pk>/trash/", trash.image_trash, name="image_trash"),
    path("images/<int:pk>/restore/", trash.image_restore, name="image_restore"),
    path("prompts/<int:pk>/trash/", trash.prompt_trash, name="prompt_trash"),
    path("prompts/<int:pk>/restore/", trash.prompt_restore, name="prompt_restore"),
    path("trash/", trash.trash_show, name="trash_show"),
    path("trash/empty/", trash.trash_empty, name="trash_empty"),
    path("history/", prompts.prompt_list, name="prompt_list"),
    path("prompts/<int:pk>/", prompts.prompt_show, name="prompt_show"),
    path("prompts/<int:pk>/text/", prompts.prompt_text, name="prompt_text"),
    path("prompts/<int:pk>/rerun/", prompts.prompt_rerun, name="prompt_rerun"),
    path("help/", help.help_show, name="help_show"),
    path("profile/", profile.profile_show, name="profile_show"),
    path("profile/edit/", profile.profile_edit, name="profile_edit"),
    path("profile/password/", profile.password_change, name="password_change"),
    path("profile/sessions/", profile.sessions_end, name="sessions_end"),
    path("login/", accounts.login, name="login"),
    path("language/", accounts.language_set, name="language_set"),
    path("logout/", accounts.logout, name="logout"),
    path("setup/<str:token>/", accounts.setup, name="setup"),
    path("signup/", accounts.signup, name="signup"),
    path("password/reset/", accounts.password_reset, name="password_reset"),
    path("password/sent/", accounts.password_reset_sent, name="password_reset_sent"),
    path("password/<str:uidb64>/<str:token>/", accounts.password_set, name="password_set"),
    path("robots.txt", site.robots, name="robots"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("healthz", login_not_required(healthz), name="healthz"),
    path("admin/login/", accounts.admin_login, name="admin_login"),
    path("admin/", admin.site.urls),
]
