{{/* Refuses what each value allows by itself and all of them together do not, all of it at once. */}}
{{- define "foundation-vault-bootstrap.validate" -}}
{{- $wrong := list }}
{{- $values := .Values }}
{{- if and $values.vault.addresses $values.vault.discovery.selector }}
{{- $wrong = append $wrong "vault.addresses and vault.discovery.selector are both set: name the nodes, or have them found" }}
{{- end }}
{{- range $values.vault.addresses }}
{{- if not (hasPrefix (printf "%s://" (include "foundation-vault-bootstrap.scheme" $)) .) }}
{{- $wrong = append $wrong (printf "vault.addresses has %s, but vault.tls.enabled is %v: make them agree" . $values.vault.tls.enabled) }}
{{- end }}
{{- end }}
{{- if and $values.vault.tls.enabled $values.vault.tls.caSecret $values.vault.tls.caConfigMap }}
{{- $wrong = append $wrong "vault.tls.caSecret and vault.tls.caConfigMap are both set: clear one of them" }}
{{- end }}
{{- if eq $values.custody.kind "azure" }}
{{- if not $values.custody.azure.vaultUrl }}
{{- $wrong = append $wrong "custody.kind is azure, but custody.azure.vaultUrl is empty: name the Key Vault" }}
{{- end }}
{{- else if $values.custody.azure.vaultUrl }}
{{- $wrong = append $wrong "custody.azure.vaultUrl is set, but custody.kind is kubernetes: set it to azure, or clear the address" }}
{{- end }}
{{- if not (or (kindIs "invalid" $values.keys.shares) (kindIs "invalid" $values.keys.threshold)) }}
{{- if gt (int $values.keys.threshold) (int $values.keys.shares) }}
{{- $wrong = append $wrong (printf "keys.threshold is %d, but there are only %d keys.shares" (int $values.keys.threshold) (int $values.keys.shares)) }}
{{- else if and (eq (int $values.keys.threshold) 1) (gt (int $values.keys.shares) 1) }}
{{- $wrong = append $wrong "keys.threshold is 1, but there are more keys.shares: Vault wants 2 or more of several" }}
{{- end }}
{{- end }}
{{- if and $values.escrow.configMap (not $values.escrow.holders) }}
{{- $wrong = append $wrong "escrow.configMap is set, but escrow.holders names nobody: give the public keys of those who hold copies" }}
{{- else if and $values.escrow.holders (not $values.escrow.configMap) }}
{{- $wrong = append $wrong "escrow.holders names people, but escrow.configMap is empty: say where copies are published" }}
{{- end }}
{{- if and $values.desiredState.existingConfigMap $values.desiredState.existingSecret }}
{{- $wrong = append $wrong "desiredState.existingConfigMap and desiredState.existingSecret are both set: the document is in one of them" }}
{{- end }}
{{- if and (or $values.desiredState.existingConfigMap $values.desiredState.existingSecret) (or $values.desiredState.document $values.desiredState.files) }}
{{- $wrong = append $wrong "desiredState.document or desiredState.files is set beside an existing ConfigMap or Secret, which would leave it out: use one of them" }}
{{- end }}
{{- if hasKey $values.desiredState.files "desired-state.yaml" }}
{{- $wrong = append $wrong "desiredState.files has desired-state.yaml: write the document as desiredState.document" }}
{{- end }}
{{- if eq $values.access.role $values.externalSecrets.role }}
{{- $wrong = append $wrong "access.role and externalSecrets.role are the same: the application's own role may not be in the desired state" }}
{{- end }}
{{- if and $values.externalSecrets.verify.namespaces (eq (toString $values.externalSecrets.verify.enabled) "false") }}
{{- $wrong = append $wrong "externalSecrets.verify.namespaces is set, but externalSecrets.verify.enabled is false: no Secret would be looked at" }}
{{- end }}
{{- if eq (toString $values.certificate.enabled) "true" }}
{{- if not $values.certificate.issuerRef.name }}
{{- $wrong = append $wrong "certificate.enabled is true, but certificate.issuerRef.name is empty: name who issues it" }}
{{- end }}
{{- if not $values.vault.tls.enabled }}
{{- $wrong = append $wrong "certificate.enabled is true, but vault.tls.enabled is false: nodes without TLS need no certificate" }}
{{- end }}
{{- end }}
{{- if and (include "foundation-vault-bootstrap.hasCertificate" .) (eq (include "foundation-vault-bootstrap.vaultNamespace" .) .Release.Namespace) }}
{{- if and $values.vault.tls.caSecret (ne $values.vault.tls.caSecret $values.certificate.secretName) }}
{{- $wrong = append $wrong (printf "certificate.secretName is %s, but vault.tls.caSecret is %s: the Certificate's Secret holds its authority, give both one name; an authority from elsewhere goes into vault.tls.caConfigMap" $values.certificate.secretName $values.vault.tls.caSecret) }}
{{- end }}
{{- end }}
{{- $variables := list "QUARKUS_PROFILE" }}
{{- range $key, $value := include "foundation-vault-bootstrap.configuration" . | fromYaml }}
{{- $variables = append $variables (include "foundation-vault-bootstrap.variable" $key) }}
{{- end }}
{{- range $values.extraEnv }}
{{- if has .name $variables }}
{{- $wrong = append $wrong (printf "extraEnv has %s, which the chart sets itself: use %s" .name (eq .name "QUARKUS_PROFILE" | ternary "profile" "configuration, or the value that it is made of")) }}
{{- end }}
{{- end }}
{{- if $values.rbac.tokenReview.clients }}
{{- range $name, $audience := dict "access.audience" $values.access.audience "externalSecrets.audience" $values.externalSecrets.audience }}
{{- if eq $audience "vault" }}
{{- $wrong = append $wrong (printf "rbac.tokenReview.clients is true, but %s is vault: who has its token reviewed with that token needs one that the API server takes, name the API server's own audience" $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $values.snapshots.existingClaim (not $values.snapshots.enabled) }}
{{- $wrong = append $wrong "snapshots.existingClaim is set, but snapshots.enabled is false: no snapshot would be taken" }}
{{- end }}
{{- if hasKey $values.snapshots.targets "volume" }}
{{- $wrong = append $wrong "snapshots.targets has volume, which is the name of the chart's own target: choose another" }}
{{- end }}
{{- range $name, $target := $values.snapshots.targets }}
{{- $places := list }}
{{- range list "folder" "s3.bucket" "azure-blob.container" }}
{{- if hasKey $target.configuration . }}{{ $places = append $places . }}{{ end }}
{{- end }}
{{- if ne (len $places) 1 }}
{{- $wrong = append $wrong (printf "snapshots.targets.%s has %s: name one of folder, s3.bucket and azure-blob.container" $name (join " and " $places | default "no place")) }}
{{- end }}
{{- range $key, $value := $target.configuration }}
{{- if and (not $target.secret) (hasPrefix (printf "/etc/vault-bootstrap/snapshot-targets/%s/" $name) (toString $value)) }}
{{- $wrong = append $wrong (printf "snapshots.targets.%s has %s in a Secret's folder, but no secret: name the Secret" $name $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $values.sealKey.enabled (eq $values.sealKey.secret $values.custody.kubernetes.secret) }}
{{- $wrong = append $wrong "sealKey.secret and custody.kubernetes.secret are the same: they are two Secrets" }}
{{- end }}
{{- if $values.drill.enabled }}
{{- $targets := keys $values.snapshots.targets | len | add (ternary 1 0 $values.snapshots.enabled) }}
{{- if eq $targets 0 }}
{{- $wrong = append $wrong "drill.enabled is true, but no snapshots are taken: set snapshots.enabled, or name one of snapshots.targets" }}
{{- else if and (gt $targets 1) (not $values.drill.target) }}
{{- $wrong = append $wrong "drill.enabled is true, and there are several targets: name one as drill.target" }}
{{- end }}
{{- if not $values.drill.server.image.repository }}
{{- $wrong = append $wrong "drill.enabled is true, but drill.server.image.repository is empty: name the image of the servers" }}
{{- else if not (or $values.drill.server.image.tag $values.drill.server.image.digest) }}
{{- $wrong = append $wrong "drill.server.image has neither tag nor digest: name the release that the servers run" }}
{{- end }}
{{- if and $values.drill.isolated (eq $values.custody.kind "kubernetes") (not $values.networkPolicy.apiServer.to) }}
{{- $wrong = append $wrong "drill.isolated is true, but networkPolicy.apiServer.to is empty, so that every address could be reached at the API server's ports: say where it is" }}
{{- end }}
{{- end }}
{{- if $wrong }}
{{- fail (printf "these values do not go together:\n- %s" (join "\n- " $wrong)) }}
{{- end }}
{{- end }}
