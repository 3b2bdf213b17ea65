"""The one source that is neither a collection nor a delta: a report joined by name."""

import pytest

from tenantsync.errors import ContractError, CursorExpiredError, ThrottledError
from tenantsync.graph.workloads import DIRECTORY, REPORTS
from tenantsync.resources.mailboxes import MAILBOXES, NameIndex, mailbox_item, reads_names
from tenantsync.resources.spec import Page, Reading
from tenantsync.services import Services
from tests.fakes.microsoft import GRAPH, TENANT, Answer, FakeMicrosoft, graph_error, graph_page

HEAD = "\ufeffReport Refresh Date,User Principal Name,Is Deleted,Storage Used (Byte)\r\n"
REPORT = "/v1.0/reports/getMailboxUsageDetail(period='D7')"


def serve(microsoft: FakeMicrosoft, rows: list[str], refreshed: str = "2026-03-01") -> None:
    microsoft.overrides[REPORT] = lambda asked: Answer(b"", 302, {"Location": f"{GRAPH}/download"})
    text = HEAD + "".join(f"{refreshed},{row}\r\n" for row in rows)
    microsoft.overrides["/download"] = lambda asked: Answer(text)
    people = [{"id": f"id-{n}", "userPrincipalName": f"user{n}@contoso.test"} for n in range(3000)]
    microsoft.overrides["/v1.0/users"] = lambda asked: graph_page(people)


def read(services: Services, cursor: str = "") -> list[Page]:
    reading = Reading(services.graph_for(TENANT), services.scratch_for("run", "mailboxes"))
    return list(MAILBOXES.source.read(reading, cursor))


def ids(pages: list[Page]) -> list[str]:
    return [key for page in pages for key in page.rows]


def test_download_sees_no_token(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, ["user1@contoso.test,False,5"])
    read(services)
    downloads = [asked for asked in microsoft.asked if asked.path == "/download"]
    assert downloads
    assert not any("authorization" in download.headers for download in downloads)


def test_report_is_not_fetched_while_names_are_noted(services: Services, microsoft: FakeMicrosoft):
    """Microsoft gives it fourteen times in ten minutes, and a large tenant's names take many slices."""
    serve(microsoft, ["user1@contoso.test,False,5"])
    microsoft.overrides["/v1.0/users"] = lambda asked: graph_page(
        [{"id": f"id-{len(asked.url)}", "userPrincipalName": "user1@contoso.test"}],
        f"{GRAPH}/v1.0/users?$skiptoken={'x' * len(asked.url)}",
    )
    reading = Reading(services.graph_for(TENANT), services.scratch_for("run", "mailboxes"))
    cursor: str | None = ""
    for _ in range(20):
        assert cursor is not None
        cursor = next(MAILBOXES.source.read(reading, cursor)).cursor
    assert microsoft.count(REPORT) == 1


def test_directory_is_asked_for_names_and_not_for_rows(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, [f"user{n}@contoso.test,False,5" for n in range(3000)])
    cursors = [page.cursor for page in read(services) if page.cursor]
    assert reads_names("")
    assert [reads_names(cursor) for cursor in cursors] == [False, False]


@pytest.mark.parametrize(("path", "workload"), [("/v1.0/users", DIRECTORY), (REPORT, REPORTS), ("/download", REPORTS)])
def test_refusal_tells_whose_limit_was_met(services: Services, microsoft: FakeMicrosoft, path: str, workload: str):
    serve(microsoft, ["user1@contoso.test,False,5"])
    microsoft.overrides[path] = lambda asked: graph_error(429, "TooManyRequests")
    with pytest.raises(ThrottledError) as refused:
        read(services)
    assert refused.value.cause.workload == workload


def test_rows_are_joined_whatever_their_case_and_deleted_ones_left_out(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, ["USER1@contoso.test,False,5", "user2@contoso.test,True,5", "nobody@contoso.test,False,5"])
    pages = read(services)
    assert sum(page.received for page in pages) == 2
    assert ids(pages)[0] == "id-1"
    assert len(ids(pages)[1]) == 32


def test_report_goes_on_at_its_row(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, [f"user{n}@contoso.test,False,5" for n in range(5000)])
    pages = read(services)
    cursors = [page.cursor for page in pages]
    assert [page.received for page in pages] == [0, 2000, 2000, 1000]
    assert cursors[-1] is None
    assert ids(read(services, str(cursors[1]))) == ids(pages[2:])


def test_names_the_store_has_forgotten_mean_that_everything_is_listed_again(
    services: Services, microsoft: FakeMicrosoft
):
    """With some of the names, mailboxes would get other ids than with all, and be there twice."""
    serve(microsoft, ["ann@contoso.com,False", "bob@contoso.com,False"])
    noted = read(services)[0]
    services.scratch_for("run", "mailboxes").clear()
    with pytest.raises(CursorExpiredError):
        read(services, noted.cursor or "")


def test_newer_report_starts_again_at_its_first_row(services: Services, microsoft: FakeMicrosoft):
    rows = [f"user{n}@contoso.test,False,5" for n in range(3000)]
    serve(microsoft, rows)
    cursor = read(services)[1].cursor
    serve(microsoft, rows, refreshed="2026-03-02")
    assert len(ids(read(services, str(cursor)))) == 3000


def test_concealed_names_need_no_users_and_are_said(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, [f"{n:032X},False,5" for n in range(5)])
    pages = read(services)
    assert [page.note for page in pages] == ["names_concealed"]
    assert len(set(ids(pages))) == 5
    assert microsoft.count("/v1.0/users") == 0


def test_report_is_read_without_permission_for_users(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, ["user1@contoso.test,False,5"])
    microsoft.overrides["/v1.0/users"] = lambda asked: graph_error(403, "Authorization_RequestDenied")
    assert sum(page.received for page in read(services)) == 1


def test_empty_report_is_a_number_too(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, [])
    assert read(services)[-1] == Page()


def test_report_of_another_shape_is_refused(services: Services, microsoft: FakeMicrosoft):
    serve(microsoft, [])
    microsoft.overrides["/download"] = lambda asked: Answer("<html>")
    with pytest.raises(ContractError):
        read(services)


def test_report_on_a_foreign_host_is_refused(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[REPORT] = lambda asked: Answer(b"", 302, {"Location": "https://evil.test/x"})
    with pytest.raises(ContractError, match=r"evil\.test"):
        read(services)


def test_numbers_that_are_none_stay_none():
    item = mailbox_item({"User Principal Name": "a@b", "Item Count": "", "Storage Used (Byte)": "7"}, "id")
    assert (item["itemCount"], item["storageUsedInBytes"], item["id"]) == (None, 7, "id")


def test_names_are_packed_and_found_again(services: Services):
    scratch = services.scratch_for("run", "mailboxes")
    scratch.write(0, NameIndex.pack([("Ada@x.test", "1"), (None, "2"), ("bo@x.test", None)]))
    scratch.write(1, NameIndex.pack([("Cy@x.test", "3")]))
    names = NameIndex(scratch)
    assert [names.find(name) for name in ("ADA@x.test", "cy@X.test", "bo@x.test", "")] == ["1", "3", None, None]
    names.close()
    scratch.clear()
    assert list(scratch.read_all()) == []
