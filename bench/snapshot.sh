# What is done without this tool: save a snapshot, copy it to where snapshots are kept. With CHECKSUM also one of the copy.
set -euo pipefail

"$BAO" operator raft snapshot save saved.snap
cp saved.snap kept.snap
if [[ -n "${CHECKSUM:-}" ]]; then
  sha256sum kept.snap >kept.snap.sha256
fi
