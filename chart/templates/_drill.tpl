{{- define "foundation-vault-bootstrap.drillName" -}}
{{ include "foundation-vault-bootstrap.name" . }}-drill
{{- end }}

{{/* Labels of its Pods, which are none that the NetworkPolicy of ticks picks: policies add up. */}}
{{- define "foundation-vault-bootstrap.drillSelector" -}}
app.kubernetes.io/name: foundation-vault-bootstrap-drill
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* All of them: a dict with root and keys, the configuration of a drill. A person's go before the chart's, as those of ticks. */}}
{{- define "foundation-vault-bootstrap.drillPodLabels" -}}
{{- $own := include "foundation-vault-bootstrap.identityLabel" . | fromYaml }}
{{- $selector := include "foundation-vault-bootstrap.drillSelector" .root | fromYaml }}
{{- toYaml (mergeOverwrite (deepCopy .root.Values.commonLabels) $own (deepCopy .root.Values.podLabels) $selector) }}
{{- end }}

{{- define "foundation-vault-bootstrap.serverImage" -}}
{{- if .Values.drill.server.image.digest -}}
{{ .Values.drill.server.image.repository }}@{{ .Values.drill.server.image.digest }}
{{- else -}}
{{ .Values.drill.server.image.repository }}:{{ .Values.drill.server.image.tag }}
{{- end -}}
{{- end }}

{{/* The alerts on drills, as a YAML list. */}}
{{- define "foundation-vault-bootstrap.drillAlerts" -}}
{{- $name := include "foundation-vault-bootstrap.drillName" . }}
{{- $cronJob := printf "namespace=%q,cronjob=%q" .Release.Namespace $name }}
- alert: VaultBootstrapDrillFailed
  # The newest drill is over, and it is none that ended well.
  expr: |
    max by (namespace, cronjob) (kube_cronjob_status_last_schedule_time{ {{- $cronJob -}} })
      > (
        max by (namespace, cronjob) (kube_cronjob_status_last_successful_time{ {{- $cronJob -}} })
        or max by (namespace, cronjob) (kube_cronjob_created{ {{- $cronJob -}} })
      )
    unless on (namespace, cronjob) kube_cronjob_status_active{ {{- $cronJob -}} } > 0
  for: 5m
  labels:
    severity: {{ .Values.prometheusRule.severity }}
  annotations:
    summary: The newest drill of {{ $name }} failed
    description: It is not proven that the newest snapshot comes back. The log of the newest Job in namespace {{ .Release.Namespace }} says why.
- alert: VaultBootstrapDrillMissing
  expr: |
    time() - (
      max by (namespace, cronjob) (kube_cronjob_status_last_successful_time{ {{- $cronJob -}} })
      or max by (namespace, cronjob) (kube_cronjob_created{ {{- $cronJob -}} })
    ) > {{ int .Values.drill.staleAfterSeconds }}
  labels:
    severity: {{ .Values.prometheusRule.severity }}
  annotations:
    summary: No drill of {{ $name }} ended well for a while
    description: Nobody knows whether the newest snapshot comes back. Is the CronJob in namespace {{ .Release.Namespace }} suspended, or does each of its Jobs fail?
{{- end }}
