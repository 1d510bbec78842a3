# What a script around the command line of OpenBao does to see that nothing has to be changed: it reads each thing.
set -euo pipefail

"$BAO" status >/dev/null
"$BAO" audit list >/dev/null
for name in $POLICIES; do
  "$BAO" policy read "$name" >/dev/null
done
"$BAO" secrets list >/dev/null
"$BAO" auth list >/dev/null
for name in $ROLES; do
  "$BAO" read "auth/approle/role/$name" >/dev/null
done
for name in $SECRETS; do
  "$BAO" kv get -format=json "$MOUNT/$name" >/dev/null
done
