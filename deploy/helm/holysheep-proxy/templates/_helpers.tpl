{{- define "holysheep-proxy.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "holysheep-proxy.fullname" -}}
{{- $name := include "holysheep-proxy.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "holysheep-proxy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "holysheep-proxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "holysheep-proxy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "holysheep-proxy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimAll "._-" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "holysheep-proxy.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "holysheep-proxy.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "holysheep-proxy.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The names of what is mounted; empty where nothing is. */}}
{{- define "holysheep-proxy.apiKeySecret" -}}
{{- .Values.apiKey.existingSecret | default (ternary (printf "%s-api-key" (include "holysheep-proxy.fullname" .)) "" (not (empty .Values.apiKey.value))) }}
{{- end }}
{{- define "holysheep-proxy.clientKeysSecret" -}}
{{- .Values.clientKeys.existingSecret | default (ternary (printf "%s-clients" (include "holysheep-proxy.fullname" .)) "" (not (empty .Values.clientKeys.clients))) }}
{{- end }}

{{/* Whether anything is mounted. */}}
{{- define "holysheep-proxy.mounts" -}}
{{- if or (include "holysheep-proxy.apiKeySecret" .) .Values.fallbackApiKey.existingSecret (include "holysheep-proxy.clientKeysSecret" .) .Values.models .Values.customCA.existingSecret .Values.customCA.existingConfigMap .Values.extraVolumes .Values.extraVolumeMounts }}
{{- true }}
{{- end }}
{{- end }}
