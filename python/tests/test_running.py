"""While the module computes, other threads run, progress is told, and Ctrl-C is heard within a second."""

import os
import signal
import threading
import time

import pytest
from conftest import DIJON

pytestmark = pytest.mark.filterwarnings("ignore::logis_regles.LogisWarning")


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_ctrl_c_is_heard(pack):
    # A shell that starts the tests in the background has them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            for _ in range(100):
                pack.match("2015-12-31", DIJON)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 1.3


def test_other_threads_run(pack):
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = counted[0]
    pack.match("2015-12-31", DIJON)
    during = counted[0] - before
    stop.set()
    thread.join()
    assert during > 50


def test_what_the_progress_raises_ends_the_call(pack, dijon):
    def stop(done, of):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        pack.plan("2015-12-31", ["eligible_plus"]).evaluate(dijon, progress=stop)


def test_progress_ends_with_all(pack, dijon):
    told = []
    plan = pack.plan("2015-12-31", ["eligible_plus"])
    decided = plan.evaluate(dijon, progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (len(decided), len(decided))
