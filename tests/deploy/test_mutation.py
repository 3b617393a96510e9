"""Damaged input through every door: nothing dies, nothing is answered with a fault of ours, nothing is left hanging.

``python -m deploy.mutation dicom --count 20000`` and ``pictures --count 10000`` do the same for longer.
"""

from __future__ import annotations

import pytest

from deploy.mutation import objects
from deploy.mutation.__main__ import dicom, hl7, pictures
from deploy.mutation.tally import Tally


def test_the_same_seed_makes_the_same_cases():
    assert [objects.case(number, 7) for number in range(20)] == [objects.case(number, 7) for number in range(20)]
    assert objects.case(3, 7) != objects.case(3, 8)


def test_a_campaign_in_which_something_died_is_not_clean():
    assert Tally(sent=1).clean
    assert not Tally(deaths=["gateway: "]).clean


@pytest.mark.timeout(1200)
def test_two_thousand_damaged_dicom_files_and_streams():
    tally = dicom(2000, seed=1)
    assert tally.sent == 2000
    assert tally.clean, tally.table()


@pytest.mark.timeout(1200)
def test_a_thousand_damaged_pictures_and_archives():
    tally = pictures(1000, seed=1)
    assert tally.sent == 1000
    assert tally.clean, tally.table()


@pytest.mark.timeout(1200)
def test_five_thousand_damaged_hl7_messages_have_five_thousand_replies():
    tally = hl7(5000, seed=1)
    assert tally.sent == 5000
    assert tally.clean, tally.table()
