from threading import Thread

import pytest

from tenantsync.graph.usage import Usage, UsageMeter


def test_answers_add_up_and_the_nearest_limit_stays():
    meter = UsageMeter()
    meter.note({"x-ms-resource-unit": "2", "x-ms-throttle-limit-percentage": "0.9"})
    meter.note({"x-ms-resource-unit": "3"})
    meter.note(
        {
            "x-ms-throttle-limit-percentage": "0.8",
            "x-ms-throttle-scope": "Tenant_Application/ReadWrite/app-id/tenant-id",
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
        }
    )
    assert meter.take() == Usage(
        requests=3,
        resource_units=5,
        share_of_limit=0.9,
        throttle_scope="Tenant_Application/ReadWrite",
        throttle_information="ResourceUnitLimitExceeded",
    )
    assert meter.take() == Usage()


@pytest.mark.parametrize("text", ["", "many", "-3", "nan", "inf", "1e400"])
def test_header_that_is_no_number_does_no_harm(text: str):
    meter = UsageMeter()
    meter.note({"x-ms-resource-unit": text, "x-ms-throttle-limit-percentage": text})
    taken = meter.take()
    assert taken.requests == 1
    assert 0 <= taken.resource_units <= 10**6


def test_nothing_is_lost_between_threads():
    meter = UsageMeter()
    threads = [Thread(target=lambda: [meter.note({"x-ms-resource-unit": "1"}) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.take().resource_units == 2000
