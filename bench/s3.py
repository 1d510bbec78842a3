"""An S3 server on loopback, in a folder of its own: S3Mock, as the tests have it."""

import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

from server import Server


class Bucket(Server):
    """Started with one empty bucket; gone with all it holds when the `with` block ends."""

    prefix = "s3-"
    name = "bench"

    def __init__(self, jar):
        self.jar = jar

    def _start(self):
        (self.folder / "data").mkdir()
        with open(self.folder / "server.log", "wb") as log:
            self.process = subprocess.Popen(
                [
                    Path(os.environ["JAVA_HOME"]) / "bin" / "java",
                    *("-Xmx1g", "-jar", self.jar, "--server.port=0", "--http.port=0"),
                    f"--com.adobe.testing.s3mock.store.root={self.folder / 'data'}",
                    # What is being sent is first a file there.
                    f"--server.tomcat.basedir={self.folder}",
                ],
                env={"PATH": os.environ["PATH"], "JAVA_TOOL_OPTIONS": f"-Djava.io.tmpdir={self.folder}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while self.process.poll() is None and time.monotonic() < deadline:
            started = re.search(r"started on port.* (\d+) \(http[),]", (self.folder / "server.log").read_text())
            if started:
                self.address = f"http://127.0.0.1:{started[1]}"
                request = urllib.request.Request(f"{self.address}/{self.name}", method="PUT")
                urllib.request.urlopen(request, timeout=30).close()
                return
            time.sleep(0.05)
        raise RuntimeError("S3Mock did not start: " + (self.folder / "server.log").read_text()[-500:])
