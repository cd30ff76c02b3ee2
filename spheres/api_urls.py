"""The API of this app (design 6)."""

from __future__ import annotations

from django.urls import path

from spheres import converters  # noqa: F401 (registers <sphere:…> and <section:…>)
from spheres.api import captures, dataspaces, finding, items, spheres

space = "dataspaces/<uuid:dataspace>/"

urlpatterns = [
    path("spheres/", spheres.SphereListView.as_view(), name="api-spheres"),
    path("spheres/<sphere:sphere>/", spheres.SphereView.as_view(), name="api-sphere"),
    path("spheres/<sphere:sphere>/bureau/", spheres.BureauView.as_view(), name="api-bureau"),
    path("spheres/<sphere:sphere>/bureau/quick_capture/", spheres.QuickCaptureView.as_view(), name="api-quick-capture"),
    path("spheres/<sphere:sphere>/bureau/<section:section>/", spheres.SectionView.as_view(), name="api-section"),
    path("spheres/<sphere:sphere>/examples/", spheres.ExamplesView.as_view(), name="api-sphere-examples"),
    path("spheres/<sphere:sphere>/stats/", spheres.StatsView.as_view(), name="api-sphere-stats"),
    path("captures/", captures.CaptureListView.as_view(), name="api-captures"),
    path("captures/<uuid:capture>/", captures.CaptureView.as_view(), name="api-capture"),
    path("captures/<uuid:capture>/route/", captures.CaptureRouteView.as_view(), name="api-capture-route"),
    path("captures/<uuid:capture>/archive/", captures.CaptureArchiveView.as_view(), name="api-capture-archive"),
    path("dataspaces/", dataspaces.DataSpaceListView.as_view(), name="api-dataspaces"),
    path(space, dataspaces.DataSpaceView.as_view(), name="api-dataspace"),
    path(
        "dataspaces/<uuid:dataspace>/archive/", dataspaces.DataSpaceArchiveView.as_view(), name="api-dataspace-archive"
    ),
    path(
        "dataspaces/<uuid:dataspace>/restore/", dataspaces.DataSpaceRestoreView.as_view(), name="api-dataspace-restore"
    ),
    path(f"{space}items/", dataspaces.DataSpaceItemsView.as_view(), name="api-dataspace-items"),
    path("items/", items.ItemListView.as_view(), name="api-items"),
    path("items/<uuid:item>/", items.ItemView.as_view(), name="api-item"),
    path("items/<uuid:item>/restore/", items.ItemRestoreView.as_view(), name="api-item-restore"),
    path("items/<uuid:item>/versions/", items.ItemVersionsView.as_view(), name="api-item-versions"),
    path("tasks/", items.TaskListView.as_view(), name="api-tasks"),
    path("tasks/<uuid:item>/", items.TaskView.as_view(), name="api-task"),
    path("tasks/<uuid:item>/complete/", items.TaskCompleteView.as_view(), name="api-task-complete"),
    path("search/", finding.SearchView.as_view(), name="api-search"),
    path("trash/", finding.TrashView.as_view(), name="api-trash"),
]
