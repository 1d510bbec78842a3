"""What the benchmark starts on loopback."""

import os
import shutil
import tempfile
from pathlib import Path


class Server:
    """A process in a folder of its own; both are gone when the `with` block ends. A subclass has `prefix` and `_start`."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix=self.prefix, dir=os.environ["BENCH_WORK"]))
        self.process = None
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
