"""The demo's data: what ships can be read, and what is wrong is refused by name."""

import shutil
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from fhir_adapter.demo import charting
from fhir_adapter.demo.visit_file import visits_in
from fhir_adapter.errors import ConfigurationError

OWN = Path(str(files("fhir_adapter.demo") / "visits"))


@pytest.fixture
def copied(tmp_path):
    """Changes a word of the shipped R-CHOP file and reads the folder again."""

    def change(old, new):
        text = (OWN / "1-r-chop.toml").read_text("utf-8")
        assert old in text
        (tmp_path / "one.toml").write_text(text.replace(old, new), "utf-8")
        return visits_in(tmp_path)

    return change


def test_three_visits_ship_in_order():
    assert [visit.name for visit in visits_in(None)] == ["R-CHOP", "FOLFOX", "FOLFIRINOX"]


def test_doses_follow_the_body_surface_and_times_keep_their_offset():
    doses = {(visit.name, one.drug, one.way): one.mg for visit in visits_in(None) for one in visit.given}
    surface = Decimal("1.8")
    assert doses["R-CHOP", "rituximab", "infusion"] == 375 * surface
    assert doses["R-CHOP", "cyclophosphamide", "infusion"] == 750 * surface
    assert doses["FOLFOX", "oxaliplatin", "infusion"] == 85 * surface
    assert doses["FOLFOX", "fluorouracil", "pump"] == 2400 * surface
    assert doses["FOLFIRINOX", "irinotecan", "infusion"] == 180 * surface
    assert all(one.start.utcoffset() == timedelta(hours=-5) for visit in visits_in(None) for one in visit.given)


def test_what_is_given_lies_within_its_encounter():
    for visit in visits_in(None):
        for one in visit.given:
            assert visit.start <= one.start <= (one.stop or one.start) <= visit.stop


def test_the_document_figures_are_quoted_not_computed():
    printed = {drug.code: drug for visit in visits_in(None) for drug in visit.document.drugs}
    assert (printed["J9000"].units, printed["J9000"].mg) == (90, 900)
    assert (printed["J9070"].units, printed["J9070"].unit_mg) == (1350, 1)
    assert (printed["J9263"].units, printed["J9263"].mg) == (1, Decimal("0.5"))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("mg = 675", "mgs = 675", "mgs"),
        ("mg = 675", 'mg = "much"', r"given\[3\].mg"),
        ("start = 2026-05-04T09:00:00-05:00", "start = 2026-05-04T09:00:00", r"given\[3\].start"),
        ('way = "infusion"', 'way = "drip"', r"given\[3\].way"),
        ('[withdrawal]\ndrug = "vincristine"', '[withdrawal]\ndrug = "aspirin"', "withdrawal.drug"),
        ("[patient]", "[patient", "one.toml"),
    ],
)
def test_a_wrong_file_is_refused_by_its_key(copied, old, new, named):
    with pytest.raises(ConfigurationError, match=named):
        copied(old, new)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="no visit"):
        visits_in(tmp_path)


def test_what_is_charted_says_what_the_file_says(copied):
    (visit,) = copied("mg = 675", "mg = 675.50")
    rituximab = next(one for one in visit.given if one.drug == "rituximab")
    written = charting.administration(rituximab, "Patient/1", "Encounter/2")
    assert str(written["dosage"]["dose"]["value"]) == "675.50"
    assert written["effectivePeriod"] == {"start": "2026-05-04T09:00:00-05:00", "end": "2026-05-04T13:00:00-05:00"}
    assert written["status"] == "completed"


def test_a_pump_without_a_stop_is_still_running():
    pump = next(one for one in visits_in(OWN)[1].given if one.way == "pump")
    written = charting.administration(pump, "Patient/1", "Encounter/2")
    assert (written["status"], list(written["effectivePeriod"])) == ("in-progress", ["start"])


def test_the_folder_decides_the_order_of_the_visits(tmp_path):
    for number, name in enumerate(("3-folfirinox", "1-r-chop")):
        shutil.copy(OWN / f"{name}.toml", tmp_path / f"{number}.toml")
    assert [visit.name for visit in visits_in(tmp_path)] == ["FOLFIRINOX", "R-CHOP"]
