# What a script around the command line of OpenBao does on an empty node: init, unseal, configure, write the secrets.
set -euo pipefail

"$BAO" operator init -key-shares=1 -key-threshold=1 -format=json >init.json
"$BAO" operator unseal "$(sed -n '/unseal_keys_b64/{n;s/.*"\(.*\)".*/\1/p}' init.json)" >/dev/null
BAO_TOKEN="$(sed -n 's/.*"root_token": "\(.*\)".*/\1/p' init.json)"
export BAO_TOKEN
until "$BAO" status >/dev/null 2>&1 && "$BAO" token lookup >/dev/null 2>&1; do
  sleep 0.05
done

for name in $POLICIES; do
  "$BAO" policy write "$name" "policies/$name.hcl" >/dev/null
done
"$BAO" secrets enable -path="$MOUNT" -version=2 kv >/dev/null
"$BAO" auth enable approle >/dev/null
number=0
for name in $ROLES; do
  "$BAO" write "auth/approle/role/$name" token_policies="$(echo "$POLICIES" | cut -d' ' -f$((number += 1)))" \
    token_ttl=10m >/dev/null
done
for file in secrets/*.json; do
  name="$(basename "$file" .json)"
  # A new KV engine refuses requests for a moment.
  until "$BAO" kv put "$MOUNT/$name" "@$file" >/dev/null 2>&1; do
    sleep 0.05
  done
done
