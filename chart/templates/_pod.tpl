{{/*
The spec of a Pod that runs one command of the application: a dict with root, args and, where it is not the usual one,
account.
*/}}
{{- define "foundation-vault-bootstrap.podSpec" -}}
serviceAccountName: {{ .account | default .root.Values.serviceAccount.name }}
# The token that the API server takes is mounted below, beside the one for Vault.
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: Never
terminationGracePeriodSeconds: {{ int .root.Values.terminationGracePeriodSeconds }}
{{- include "foundation-vault-bootstrap.placement" .root }}
{{- if or .root.Values.initContainers .root.Values.sidecars }}
initContainers:
  {{- with .root.Values.initContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- range .root.Values.sidecars }}
  {{- /* A container that goes on beside the tick would keep the Job from ending. */}}
  {{- toYaml (list (mergeOverwrite (deepCopy .) (dict "restartPolicy" "Always"))) | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  - name: vault-bootstrap
    image: {{ include "foundation-vault-bootstrap.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: QUARKUS_PROFILE
        value: {{ .root.Values.profile }}
      {{- range $key, $value := include "foundation-vault-bootstrap.configuration" .root | fromYaml }}
      - name: {{ include "foundation-vault-bootstrap.variable" $key }}
        value: {{ include "foundation-vault-bootstrap.text" $value | quote }}
      {{- end }}
      {{- with .root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .root.Values.extraEnvFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- include "foundation-vault-bootstrap.containerLimits" .root | nindent 4 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      - name: kubernetes-token
        mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        readOnly: true
      - name: vault-token
        mountPath: /var/run/secrets/vault-bootstrap
        readOnly: true
      - name: desired-state
        mountPath: /etc/vault-bootstrap/desired-state
        readOnly: true
      {{- if include "foundation-vault-bootstrap.caVolume" .root }}
      - name: vault-ca
        mountPath: /etc/vault-bootstrap/tls
        readOnly: true
      {{- end }}
      {{- if .root.Values.escrow.configMap }}
      - name: escrow
        mountPath: /etc/vault-bootstrap/escrow
        readOnly: true
      {{- end }}
      {{- if .root.Values.requiredKeys }}
      - name: required-keys
        mountPath: /etc/vault-bootstrap/required-keys
        readOnly: true
      {{- end }}
      {{- if .root.Values.snapshots.enabled }}
      - name: snapshots
        mountPath: /var/lib/vault-bootstrap/snapshots
      {{- end }}
      {{- range $name, $target := .root.Values.snapshots.targets }}
      {{- if $target.secret }}
      - name: snapshot-target-{{ $name }}
        mountPath: /etc/vault-bootstrap/snapshot-targets/{{ $name }}
        readOnly: true
      {{- end }}
      {{- end }}
      {{- with .root.Values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {}
  {{- include "foundation-vault-bootstrap.kubernetesToken" . | nindent 2 }}
  - name: vault-token
    projected:
      sources:
        - serviceAccountToken:
            path: token
            audience: {{ .root.Values.access.audience | quote }}
            expirationSeconds: {{ int .root.Values.access.tokenExpirationSeconds }}
  # A source that is missing must not keep the Pod from starting: a tick unseals all the same, and names the missing file.
  - name: desired-state
    projected:
      sources:
        {{- with .root.Values.desiredState.existingSecret }}
        - secret:
            name: {{ . }}
            optional: true
        {{- end }}
        {{- if not .root.Values.desiredState.existingSecret }}
        - configMap:
            name: {{ .root.Values.desiredState.existingConfigMap | default (printf "%s-desired-state" (include "foundation-vault-bootstrap.name" .root)) }}
            optional: true
        {{- end }}
        {{- range .root.Values.desiredState.sources }}
        {{- if .secret }}
        - secret:
            name: {{ .secret }}
            optional: true
        {{- else }}
        - configMap:
            name: {{ .configMap }}
            optional: true
        {{- end }}
        {{- end }}
  {{- with include "foundation-vault-bootstrap.caVolume" .root }}
  - name: vault-ca
    {{- . | nindent 4 }}
  {{- end }}
  {{- if .root.Values.escrow.configMap }}
  - name: escrow
    configMap:
      name: {{ include "foundation-vault-bootstrap.name" .root }}-escrow-holders
  {{- end }}
  {{- if .root.Values.requiredKeys }}
  - name: required-keys
    configMap:
      name: {{ include "foundation-vault-bootstrap.name" .root }}-required-keys
  {{- end }}
  {{- if .root.Values.snapshots.enabled }}
  - name: snapshots
    persistentVolumeClaim:
      claimName: {{ include "foundation-vault-bootstrap.snapshotClaim" .root }}
  {{- end }}
  {{- range $name, $target := .root.Values.snapshots.targets }}
  {{- with $target.secret }}
  - name: snapshot-target-{{ $name }}
    secret:
      secretName: {{ . }}
      # A tick has more to do than to store a snapshot, and says which target has no credentials.
      optional: true
  {{- end }}
  {{- end }}
  {{- with .root.Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The labels of such a Pod. */}}
{{- define "foundation-vault-bootstrap.podLabels" -}}
{{- $keys := include "foundation-vault-bootstrap.configuration" . | fromYaml }}
{{- $own := include "foundation-vault-bootstrap.identityLabel" (dict "root" . "keys" $keys) | fromYaml }}
{{- include "foundation-vault-bootstrap.labelsWith" (dict "root" . "own" (mergeOverwrite $own (deepCopy .Values.podLabels))) }}
{{- end }}

{{/*
The spec of the Pod that makes the key of a static seal: a dict with root and account. It needs neither Vault nor what
ticks are configured with, which is not there yet when it runs as a hook.
*/}}
{{- define "foundation-vault-bootstrap.sealKeyPodSpec" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
restartPolicy: Never
{{- include "foundation-vault-bootstrap.placement" .root }}
containers:
  - name: vault-bootstrap
    image: {{ include "foundation-vault-bootstrap.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [keys, seal-key, create, --secret, {{ .root.Values.sealKey.secret }}, --namespace, {{ include "foundation-vault-bootstrap.vaultNamespace" .root }}]
    {{- include "foundation-vault-bootstrap.containerLimits" .root | nindent 4 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      - name: kubernetes-token
        mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        readOnly: true
volumes:
  - name: tmp
    emptyDir: {}
  {{- include "foundation-vault-bootstrap.kubernetesToken" . | nindent 2 }}
{{- end }}

{{/* Where a Pod may run, and who it is to the system it runs on. */}}
{{- define "foundation-vault-bootstrap.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "foundation-vault-bootstrap.containerLimits" -}}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
# What goes wrong is said on stderr; its end shows in the Pod's status, after the logs are gone.
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* What the client of the API server looks for in a Pod. */}}
{{- define "foundation-vault-bootstrap.kubernetesToken" -}}
- name: kubernetes-token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3600
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end }}
