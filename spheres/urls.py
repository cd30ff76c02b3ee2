"""The pages of spheres, captures, DataSpaces, items, tasks, search and trash (design C2)."""

from __future__ import annotations

from django.urls import path

from spheres import converters  # noqa: F401 (registers <sphere:…>)
from spheres.views import bureau, captures, dataspaces, finding, items, tasks

urlpatterns = [
    path("s/", bureau.sphere_list, name="sphere-list"),
    path("s/<sphere:sphere>/", bureau.sphere_home, name="sphere-home"),
    path("s/<sphere:sphere>/capture/", captures.sphere_capture, name="sphere-capture"),
    path("s/<sphere:sphere>/examples/", captures.capture_examples, name="sphere-examples"),
    path("s/<sphere:sphere>/resume/", bureau.sphere_resume, name="sphere-resume"),
    path("s/<sphere:sphere>/data/", dataspaces.sphere_data, name="sphere-data"),
    path("s/<sphere:sphere>/agents/", bureau.sphere_section, {"slug": "agents"}, name="sphere-agents"),
    path("s/<sphere:sphere>/meetings/", bureau.sphere_section, {"slug": "meetings"}, name="sphere-meetings"),
    path("capture/", captures.capture, name="capture"),
    path("capture/<uuid:capture>/route/", captures.route_capture, name="capture-route"),
    path("capture/<uuid:capture>/archive/", captures.archive_capture, name="capture-archive"),
    path("data/", dataspaces.data_list, name="data-list"),
    path("data/<uuid:dataspace>/", dataspaces.dataspace_detail, name="dataspace-detail"),
    path("data/<uuid:dataspace>/edit/", dataspaces.dataspace_edit, name="dataspace-edit"),
    path("data/<uuid:dataspace>/archive/", dataspaces.dataspace_archive, name="dataspace-archive"),
    path("data/<uuid:dataspace>/delete/", dataspaces.dataspace_delete, name="dataspace-delete"),
    path("data/<uuid:dataspace>/restore/", dataspaces.dataspace_restore, name="dataspace-restore"),
    path("i/<uuid:item>/", items.item_detail, name="item-detail"),
    path("i/<uuid:item>/delete/", items.item_delete, name="item-delete"),
    path("i/<uuid:item>/restore/", items.item_restore, name="item-restore"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<uuid:task>/complete/", tasks.task_complete, name="task-complete"),
    path("search/", finding.search_page, name="search"),
    path("trash/", finding.trash, name="trash"),
]
