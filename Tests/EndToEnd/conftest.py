import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.gateway import BIN, CORPUS  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def built():
    assert (BIN / "hilum").exists(), f"{BIN / 'hilum'} is missing: run `make test`"


@pytest.fixture(scope="session")
def corpus():
    if not CORPUS.is_dir():
        pytest.skip("the captures of ../shared/corpus are not here")
    return CORPUS
