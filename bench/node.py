"""OpenBao nodes with Raft storage and a declared audit device, on loopback, each in a folder of its own."""

import json
import os
import random
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from server import Server

HCL = """\
api_addr = "{address}"
cluster_addr = "https://{host}:{cluster_port}"
storage "raft" {{
  path = "{folder}/data"
  node_id = "{host}"
  performance_multiplier = 1
}}
listener "tcp" {{
  address = "{host}:{port}"
  cluster_address = "{host}:{cluster_port}"
  {tls}
}}
audit "file" "file" {{
  options {{
    file_path = "audit.log"
  }}
}}
"""


class Authority:
    """What signs the certificates of nodes that speak TLS, in a folder of its own."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="authority-", dir=os.environ["BENCH_WORK"]))
        self.file = self.folder / "ca.crt"
        self._openssl("req", "-x509", "-subj", "/CN=bench", "-keyout", "ca.key", "-out", "ca.crt", *self._new_key())
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def issue(self, host):
        """The files of a certificate for this address, and of its key."""
        self._openssl("req", "-subj", f"/CN={host}", "-keyout", f"{host}.key", "-out", f"{host}.csr", *self._new_key())
        (self.folder / f"{host}.ext").write_text(f"subjectAltName = IP:{host}\n")
        self._openssl(
            *("x509", "-req", "-days", "1", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-in", f"{host}.csr", "-extfile", f"{host}.ext", "-out", f"{host}.crt"),
        )
        return self.folder / f"{host}.crt", self.folder / f"{host}.key"

    @staticmethod
    def _new_key():
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class Node(Server):
    """Started empty; gone with its folder when the `with` block ends. Speaks TLS where an authority signs for it."""

    prefix = "node-"

    def __init__(self, host="127.0.0.1", authority=None):
        self.host = host
        self.authority = authority

    def _start(self):
        (self.folder / "data").mkdir()
        for _ in range(5):
            # Below the ephemeral range, so that no outgoing connection takes the second one, which Raft listens on.
            port = 20000 + 2 * random.randrange(6000)
            tls = "tls_disable = true"
            if self.authority:
                certificate, key = self.authority.issue(self.host)
                tls = f'tls_cert_file = "{certificate}"\n  tls_key_file = "{key}"'
            self.address = f"{'https' if self.authority else 'http'}://{self.host}:{port}"
            (self.folder / "server.hcl").write_text(
                HCL.format(
                    address=self.address,
                    host=self.host,
                    port=port,
                    cluster_port=port + 1,
                    folder=self.folder,
                    tls=tls,
                )
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
        trust = ssl.create_default_context(cafile=self.authority.file) if self.authority else None
        with urllib.request.urlopen(request, timeout=30, context=trust) as answer:
            return json.loads(answer.read() or b"{}")

    def version(self):
        return self.call("GET", "sys/seal-status")["version"]

    def token(self, custody):
        """A token of the application's own AppRole, which may read what the application reads."""
        credential = json.loads((Path(custody) / "keys.json").read_text())["appRole"]
        login = {"role_id": credential["roleId"], "secret_id": credential["secretId"]}
        return self.call("POST", f"auth/{credential['mount']}/login", login)["auth"]["client_token"]
