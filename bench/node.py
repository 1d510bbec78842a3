"""One OpenBao node with Raft storage and a declared audit device, on loopback, in a folder of its own."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HCL = """\
api_addr = "{address}"
cluster_addr = "https://127.0.0.1:{cluster_port}"
storage "raft" {{
  path = "{folder}/data"
  node_id = "bench"
  performance_multiplier = 1
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster_port}"
  tls_disable = true
}}
audit "file" "file" {{
  options {{
    file_path = "audit.log"
  }}
}}
"""


class Node:
    """Started empty; gone with its folder when the `with` block ends."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="node-", dir=os.environ["BENCH_WORK"]))
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

    def _start(self):
        (self.folder / "data").mkdir()
        for _ in range(5):
            # Below the ephemeral range, so that no outgoing connection takes the second one, which Raft listens on.
            port = 20000 + 2 * random.randrange(6000)
            self.address = f"http://127.0.0.1:{port}"
            (self.folder / "server.hcl").write_text(
                HCL.format(address=self.address, port=port, cluster_port=port + 1, folder=self.folder)
            )
            with open(self.folder / "server.log", "wb") as log:
                self.process = subprocess.Popen(
                    [os.environ["BENCH_SERVER"], "server", "-config=server.hcl"],
                    cwd=self.folder,
                    env={"PATH": os.environ["PATH"]},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # A Ctrl-C is for the benchmark, which then ends the server.
                    start_new_session=True,
                )
            deadline = time.monotonic() + 30
            while self.process.poll() is None and time.monotonic() < deadline:
                if "server started!" in (self.folder / "server.log").read_text():
                    return
                time.sleep(0.02)
            self.process.kill()
            self.process.wait()
            if "address already in use" not in (self.folder / "server.log").read_text():
                break
        raise RuntimeError("the node did not start: " + (self.folder / "server.log").read_text()[-500:])

    def call(self, method, path, body=None, token=None):
        """The body of a 2xx; anything else is an HTTPError."""
        request = urllib.request.Request(
            f"{self.address}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": token} if token else {},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def version(self):
        return self.call("GET", "sys/seal-status")["version"]

    def token(self, custody):
        """A token of the application's own AppRole, which may read what the application reads."""
        credential = json.loads((Path(custody) / "keys.json").read_text())["appRole"]
        login = {"role_id": credential["roleId"], "secret_id": credential["secretId"]}
        return self.call("POST", f"auth/{credential['mount']}/login", login)["auth"]["client_token"]
