{{- define "foundation-vault-bootstrap.name" -}}
{{ .Values.fullnameOverride | default "foundation-vault-bootstrap" }}
{{- end }}

{{- define "foundation-vault-bootstrap.selector" -}}
app.kubernetes.io/name: foundation-vault-bootstrap
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "foundation-vault-bootstrap.labels" -}}
{{ include "foundation-vault-bootstrap.labelsWith" (dict "root" . "own" dict) }}
{{- end }}

{{/*
Labels of an object: a dict with root and own, those that only it has. A person's go before the chart's, but for those by
which the NetworkPolicy picks Pods.
*/}}
{{- define "foundation-vault-bootstrap.labelsWith" -}}
{{- $labels := dict
      "app.kubernetes.io/version" .root.Chart.AppVersion
      "app.kubernetes.io/managed-by" .root.Release.Service
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_") }}
{{- toYaml (mergeOverwrite $labels (deepCopy .root.Values.commonLabels) (deepCopy .own) (include "foundation-vault-bootstrap.selector" .root | fromYaml)) }}
{{- end }}

{{/*
Annotations of an object: a dict with root, wave and, where it has some of its own, own.
Argo CD applies a lower wave first; nobody else looks at it.
*/}}
{{- define "foundation-vault-bootstrap.annotations" -}}
{{- $wave := dict "argocd.argoproj.io/sync-wave" (toString .wave) -}}
{{ toYaml (mergeOverwrite $wave (deepCopy .root.Values.commonAnnotations) (deepCopy (.own | default dict))) }}
{{- end }}

{{/* Metadata of an object: such a dict with name and, where it is in one, namespace too. */}}
{{- define "foundation-vault-bootstrap.metadata" -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- include "foundation-vault-bootstrap.labels" .root | nindent 2 }}
annotations:
  {{- include "foundation-vault-bootstrap.annotations" . | nindent 2 }}
{{- end }}

{{- define "foundation-vault-bootstrap.subject" -}}
- kind: ServiceAccount
  name: {{ .Values.serviceAccount.name }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- define "foundation-vault-bootstrap.vaultNamespace" -}}
{{ .Values.vault.namespace | default .Release.Namespace }}
{{- end }}

{{- define "foundation-vault-bootstrap.scheme" -}}
{{ .Values.vault.tls.enabled | ternary "https" "http" }}
{{- end }}

{{/* The service in front of all nodes. */}}
{{- define "foundation-vault-bootstrap.address" -}}
{{ include "foundation-vault-bootstrap.scheme" . }}://{{ .Values.vault.service }}.{{ include "foundation-vault-bootstrap.vaultNamespace" . }}.svc:{{ int .Values.vault.port }}
{{- end }}

{{/* Not empty where nodes are found as Pods. */}}
{{- define "foundation-vault-bootstrap.discovers" -}}
{{- if and (not .Values.vault.addresses) (or .Values.vault.discovery.selector (eq .Values.profile "ha")) }}true{{ end }}
{{- end }}

{{/* Not empty where the chart makes the desired-state document. */}}
{{- define "foundation-vault-bootstrap.ownDocument" -}}
{{- if not (or .Values.desiredState.existingConfigMap .Values.desiredState.existingSecret) }}true{{ end }}
{{- end }}

{{/* What is wanted of an optional part, a dict with wanted and there: true, or nothing. */}}
{{- define "foundation-vault-bootstrap.isWanted" -}}
{{- if or (eq (toString .wanted) "true") (and (eq (toString .wanted) "auto") .there) }}true{{ end }}
{{- end }}

{{- define "foundation-vault-bootstrap.hasStore" -}}
{{- include "foundation-vault-bootstrap.isWanted" (dict
      "wanted" .Values.externalSecrets.store.enabled
      "there" (.Capabilities.APIVersions.Has "external-secrets.io/v1")) }}
{{- end }}

{{/* The environment variable of a configuration key. */}}
{{- define "foundation-vault-bootstrap.variable" -}}
{{ regexReplaceAll "[^a-z0-9]" . "_" | upper }}
{{- end }}

{{/* A value as the application reads it: a number of many digits would have an exponent. */}}
{{- define "foundation-vault-bootstrap.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ toString . }}{{ end }}
{{- end }}

{{/* The port of an address, http(s)://host[:port]. */}}
{{- define "foundation-vault-bootstrap.portOf" -}}
{{- $address := urlParse . }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $address.host) | default (ternary "443" "80" (eq $address.scheme "https")) }}
{{- end }}

{{/* The ports at which nodes are asked, as a JSON array: those of the addresses, or else the one where Pods listen. */}}
{{- define "foundation-vault-bootstrap.nodePorts" -}}
{{- $ports := list }}
{{- range .Values.vault.addresses }}
{{- $ports = append $ports (include "foundation-vault-bootstrap.portOf" .) }}
{{- end }}
{{- $ports | default (list (toString (int .Values.vault.port))) | uniq | toJson }}
{{- end }}

{{/* All places of snapshots by name, whichever value says so, each with its keys and their values, as JSON. */}}
{{- define "foundation-vault-bootstrap.targets" -}}
{{- include "foundation-vault-bootstrap.targetsOf" (include "foundation-vault-bootstrap.configuration" . | fromYaml) }}
{{- end }}

{{/* The same, of a map of the application's configuration keys. */}}
{{- define "foundation-vault-bootstrap.targetsOf" -}}
{{- $targets := dict }}
{{- range $key, $value := . }}
{{- if hasPrefix "bootstrap.snapshot.targets." $key }}
{{- $parts := splitn "." 2 (trimPrefix "bootstrap.snapshot.targets." $key) }}
{{- $_ := set $targets $parts._0 (set (get $targets $parts._0 | default dict) $parts._1 (toString $value)) }}
{{- end }}
{{- end }}
{{- toJson $targets }}
{{- end }}

{{/* What a place of snapshots with these keys is, in words. */}}
{{- define "foundation-vault-bootstrap.place" -}}
{{- if index . "s3.bucket" -}}
S3 bucket {{ index . "s3.bucket" }}{{ with index . "s3.endpoint" }} at {{ . }}{{ end }}
{{- else if index . "azure-blob.container" -}}
container {{ index . "azure-blob.container" }}{{ with index . "azure-blob.account" }} of {{ . }}{{ end }}
{{- else -}}
folder {{ .folder }} of the Pod
{{- end }}
{{- end }}

{{/* Which identity of the Pod's environment opens a place of snapshots with these keys: S3, Azure, or nothing. */}}
{{- define "foundation-vault-bootstrap.identity" -}}
{{- if and (index . "s3.bucket") (not (index . "s3.access-key-id-file")) (not (index . "s3.web-identity.role-arn")) -}}
S3
{{- else if and (index . "azure-blob.container") (not (index . "azure-blob.sas-token-file")) (not (index . "azure-blob.connection-string-file")) -}}
Azure
{{- end }}
{{- end }}

{{/*
The label that the webhook of Azure's workload identity looks for, as a YAML map, for Pods that sign in with one, to custody
or to a place of snapshots; else an empty one. A dict with root and keys, the configuration of the application in the Pod.
*/}}
{{- define "foundation-vault-bootstrap.identityLabel" -}}
{{- $azure := eq .root.Values.custody.kind "azure" }}
{{- range include "foundation-vault-bootstrap.targetsOf" .keys | fromJson }}
{{- if eq "Azure" (include "foundation-vault-bootstrap.identity" .) }}{{ $azure = true }}{{ end }}
{{- end }}
{{- toYaml (ternary (dict "azure.workload.identity/use" "true") dict $azure) }}
{{- end }}

{{/* The ports at which places of snapshots and what signs in to them are asked, as a JSON array; empty where none is asked. */}}
{{- define "foundation-vault-bootstrap.snapshotPorts" -}}
{{- $ports := list }}
{{- range include "foundation-vault-bootstrap.targets" . | fromJson }}
{{- if or (index . "s3.bucket") (index . "azure-blob.container") }}
{{- $ports = append $ports (include "foundation-vault-bootstrap.portOf" (index . "s3.endpoint" | default (index . "azure-blob.account") | default "https://any")) }}
{{- if index . "s3.web-identity.role-arn" }}
{{- $ports = append $ports (include "foundation-vault-bootstrap.portOf" (index . "s3.web-identity.endpoint" | default "https://any")) }}
{{- end }}
{{- if include "foundation-vault-bootstrap.identity" . }}
{{- $ports = append $ports "443" }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $ports .Values.networkPolicy.snapshots.ports }}
{{- $ports = .Values.networkPolicy.snapshots.ports }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{/* Not empty where ticks look at what External Secrets made of the secrets. */}}
{{- define "foundation-vault-bootstrap.verifiesExternalSecrets" -}}
{{- include "foundation-vault-bootstrap.isWanted" (dict
      "wanted" .Values.externalSecrets.verify.enabled
      "there" (.Capabilities.APIVersions.Has "external-secrets.io/v1")) }}
{{- end }}

{{/* The ClusterSecretStore that they look at. */}}
{{- define "foundation-vault-bootstrap.verifiedStore" -}}
{{ .Values.externalSecrets.verify.store | default .Values.externalSecrets.store.name }}
{{- end }}

{{- define "foundation-vault-bootstrap.hasCertificate" -}}
{{- include "foundation-vault-bootstrap.isWanted" (dict
      "wanted" .Values.certificate.enabled
      "there" (and .Values.vault.tls.enabled .Values.certificate.issuerRef.name
        (.Capabilities.APIVersions.Has "cert-manager.io/v1"))) }}
{{- end }}

{{- define "foundation-vault-bootstrap.hasAlerts" -}}
{{- include "foundation-vault-bootstrap.isWanted" (dict
      "wanted" .Values.prometheusRule.enabled
      "there" (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
{{- end }}

{{- define "foundation-vault-bootstrap.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/*
The configuration keys of the application, as a YAML map. An empty value takes back what the profile sets.
*/}}
{{- define "foundation-vault-bootstrap.configuration" -}}
{{- $keys := dict }}
{{- if include "foundation-vault-bootstrap.discovers" . }}
{{- $_ := set $keys "bootstrap.vault.addresses" "" }}
{{- with .Values.vault.discovery.selector }}
{{- $_ := set $keys "bootstrap.vault.discovery.selector" . }}
{{- end }}
{{- $_ := set $keys "bootstrap.vault.discovery.namespace" (include "foundation-vault-bootstrap.vaultNamespace" .) }}
{{- $_ := set $keys "bootstrap.vault.discovery.by" .Values.vault.discovery.by }}
{{- $_ := set $keys "bootstrap.vault.discovery.service" .Values.vault.discovery.service }}
{{- $_ := set $keys "bootstrap.vault.discovery.port" (int .Values.vault.port) }}
{{- $_ := set $keys "bootstrap.vault.discovery.tls" .Values.vault.tls.enabled }}
{{- else }}
{{- $_ := set $keys "bootstrap.vault.discovery.selector" "" }}
{{- $_ := set $keys "bootstrap.vault.addresses" (join "," (.Values.vault.addresses | default (list (include "foundation-vault-bootstrap.address" .)))) }}
{{- end }}
{{- $_ := set $keys "bootstrap.vault.tls.ca-file" (include "foundation-vault-bootstrap.caVolume" . | empty | ternary "" "/etc/vault-bootstrap/tls/ca.crt") }}
{{- if not (kindIs "invalid" .Values.keys.shares) }}
{{- $_ := set $keys "bootstrap.keys.shares" (int .Values.keys.shares) }}
{{- end }}
{{- if not (kindIs "invalid" .Values.keys.threshold) }}
{{- $_ := set $keys "bootstrap.keys.threshold" (int .Values.keys.threshold) }}
{{- end }}
{{- if eq .Values.custody.kind "azure" }}
{{- $_ := set $keys "bootstrap.custody.kubernetes.secret" "" }}
{{- $_ := set $keys "bootstrap.custody.azure.vault-url" .Values.custody.azure.vaultUrl }}
{{- $_ := set $keys "bootstrap.custody.azure.secret" .Values.custody.azure.secret }}
{{- $_ := set $keys "bootstrap.custody.azure.lease" .Values.custody.azure.lease }}
{{- else }}
{{- $_ := set $keys "bootstrap.custody.kubernetes.secret" .Values.custody.kubernetes.secret }}
{{- end }}
{{- if .Values.escrow.configMap }}
{{- $_ := set $keys "bootstrap.keys.escrow.config-map" .Values.escrow.configMap }}
{{- $files := list }}
{{- range $name, $key := .Values.escrow.holders }}
{{- $files = append $files (printf "/etc/vault-bootstrap/escrow/%s.asc" $name) }}
{{- end }}
{{- $_ := set $keys "bootstrap.keys.escrow.pgp-keys" (join "," $files) }}
{{- end }}
{{- /* Before the Job's own deadline, so that a tick that hangs gives back its token and reports; a request may take a minute. */}}
{{- $deadline := int .Values.cronJob.activeDeadlineSeconds }}
{{- $_ := set $keys "bootstrap.tick.deadline" (printf "%ds" (max (sub $deadline 120) (div $deadline 2))) }}
{{- $_ := set $keys "bootstrap.access.kubernetes.role" .Values.access.role }}
{{- $_ := set $keys "bootstrap.access.kubernetes.mount" .Values.access.mount }}
{{- $_ := set $keys "bootstrap.access.kubernetes.token-file" "/var/run/secrets/vault-bootstrap/token" }}
{{- $_ := set $keys "bootstrap.desired-state.file" "/etc/vault-bootstrap/desired-state/desired-state.yaml" }}
{{- if .Values.snapshots.enabled }}
{{- $_ := set $keys "bootstrap.snapshot.targets.volume.folder" "/var/lib/vault-bootstrap/snapshots" }}
{{- $_ := set $keys "bootstrap.snapshot.targets.volume.interval" .Values.snapshots.interval }}
{{- $_ := set $keys "bootstrap.snapshot.targets.volume.keep.newest" (int .Values.snapshots.keep) }}
{{- end }}
{{- range $name, $target := .Values.snapshots.targets }}
{{- range $key, $value := $target.configuration }}
{{- $_ := set $keys (printf "bootstrap.snapshot.targets.%s.%s" $name $key) $value }}
{{- end }}
{{- end }}
{{- if .Values.requiredKeys }}
{{- $_ := set $keys "bootstrap.verify.required-keys" "/etc/vault-bootstrap/required-keys/required-keys.yaml" }}
{{- end }}
{{- if include "foundation-vault-bootstrap.verifiesExternalSecrets" . }}
{{- $_ := set $keys "bootstrap.verify.external-secrets.store" (include "foundation-vault-bootstrap.verifiedStore" .) }}
{{- with .Values.externalSecrets.verify.namespaces }}
{{- $_ := set $keys "bootstrap.verify.external-secrets.namespaces" (join "," .) }}
{{- end }}
{{- end }}
{{- toYaml (mergeOverwrite $keys (deepCopy .Values.configuration)) }}
{{- end }}

{{/* Where the nodes' authority is mounted from; nothing where none is. */}}
{{- define "foundation-vault-bootstrap.caVolume" -}}
{{- if .Values.vault.tls.enabled }}
{{- with .Values.vault.tls.caSecret }}
secret:
  secretName: {{ . }}
  # The application waits for a file that is not there yet and says so; the kubelet would wait and not say why.
  optional: true
  items:
    # Nothing else of it: a certificate's Secret has its key too.
    - key: {{ $.Values.vault.tls.caKey }}
      path: ca.crt
{{- end }}
{{- with .Values.vault.tls.caConfigMap }}
configMap:
  name: {{ . }}
  optional: true
  items:
    - key: {{ $.Values.vault.tls.caKey }}
      path: ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/*
The desired-state document: that of the values, and what External Secrets needs where it does not say otherwise itself.
*/}}
{{- define "foundation-vault-bootstrap.desiredState" -}}
{{- $document := deepCopy .Values.desiredState.document }}
{{- if .Values.externalSecrets.configure }}

{{- $policies := list }}
{{- $present := false }}
{{- range $document.policies }}
{{- if eq .name $.Values.externalSecrets.role }}{{ $present = true }}{{ end }}
{{- $policies = append $policies . }}
{{- end }}
{{- if not $present }}
{{- $rules := printf "path \"%s/data/*\"     { capabilities = [\"read\"] }\npath \"%s/metadata/*\" { capabilities = [\"read\", \"list\"] }\n" $.Values.externalSecrets.path $.Values.externalSecrets.path }}
{{- $policies = prepend $policies (dict "name" $.Values.externalSecrets.role "rules" $rules) }}
{{- end }}
{{- $_ := set $document "policies" $policies }}

{{- $engines := list }}
{{- $present = false }}
{{- range $document.secretEngines }}
{{- if eq .path $.Values.externalSecrets.path }}{{ $present = true }}{{ end }}
{{- $engines = append $engines . }}
{{- end }}
{{- if not $present }}
{{- $engines = prepend $engines (dict "path" $.Values.externalSecrets.path "type" "kv" "options" (dict "version" "2")) }}
{{- end }}
{{- $_ := set $document "secretEngines" $engines }}

{{- $role := dict
      "name" $.Values.externalSecrets.role
      "bound_service_account_names" (list $.Values.externalSecrets.serviceAccount.name)
      "bound_service_account_namespaces" (list $.Values.externalSecrets.serviceAccount.namespace)
      "audience" $.Values.externalSecrets.audience
      "token_policies" (list $.Values.externalSecrets.role)
      "token_ttl" "10m" }}
{{- $methods := list }}
{{- $present = false }}
{{- range $document.authMethods }}
{{- $method := . }}
{{- if eq .path $.Values.access.mount }}
{{- $present = true }}
{{- $named := false }}
{{- range .roles }}{{ if eq .name $.Values.externalSecrets.role }}{{ $named = true }}{{ end }}{{ end }}
{{- if not $named }}
{{- $method = set (deepCopy .) "roles" (append (.roles | default list) $role) }}
{{- end }}
{{- end }}
{{- $methods = append $methods $method }}
{{- end }}
{{- if not $present }}
{{- $methods = prepend $methods (dict
      "path" .Values.access.mount
      "type" "kubernetes"
      "config" (dict "kubernetes_host" "https://kubernetes.default.svc")
      "roles" (list $role)) }}
{{- end }}
{{- $_ := set $document "authMethods" $methods }}
{{- end }}
{{- toYaml $document }}
{{- end }}

{{/* The PersistentVolumeClaim that snapshots go to. */}}
{{- define "foundation-vault-bootstrap.snapshotClaim" -}}
{{ .Values.snapshots.existingClaim | default (printf "%s-snapshots" (include "foundation-vault-bootstrap.name" .)) }}
{{- end }}

{{/* Rules of a NetworkPolicy's egress, as a YAML list: DNS. */}}
{{- define "foundation-vault-bootstrap.egressToDns" -}}
- ports:
    - protocol: UDP
      port: {{ int .Values.networkPolicy.dns.port }}
    - protocol: TCP
      port: {{ int .Values.networkPolicy.dns.port }}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The same: the API server. */}}
{{- define "foundation-vault-bootstrap.egressToApiServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServer.ports }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with .Values.networkPolicy.apiServer.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
