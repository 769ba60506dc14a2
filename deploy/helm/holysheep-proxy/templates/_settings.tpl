{{/* A setting's value as the daemon reads it. YAML reads a bare `off` as false, and Helm a large number as a float. */}}
{{- define "holysheep-proxy.settingText" -}}
{{- $value := .value }}
{{- if and (kindIs "bool" $value) (not $value) (has .name (list "LOG_LEVEL" "CACHE_COMPLETIONS")) }}
{{- "off" }}
{{- else if kindIs "map" $value }}
{{- toJson $value }}
{{- else if and (kindIs "float64" $value) (eq (floor $value) $value) }}
{{- int64 $value }}
{{- else }}
{{- toString $value }}
{{- end }}
{{- end }}

{{/* env in either of its forms, as JSON: {"NAME":"text"}. */}}
{{- define "holysheep-proxy.env" -}}
{{- $all := dict }}
{{- if kindIs "slice" .Values.env }}
{{- range .Values.env }}
{{- if hasKey $all .name }}
{{- fail (printf "env: %s is there twice" .name) }}
{{- end }}
{{- $_ := set $all .name (include "holysheep-proxy.settingText" .) }}
{{- end }}
{{- else }}
{{- range $name, $value := .Values.env }}
{{- $_ := set $all $name (include "holysheep-proxy.settingText" (dict "name" $name "value" $value)) }}
{{- end }}
{{- end }}
{{- range $name, $instead := dict "HOLYSHEEP_API_KEY" "apiKey" "FALLBACK_API_KEY" "fallbackApiKey" }}
{{- if hasKey $all $name }}
{{- fail (printf "env.%s: a secret does not belong in a ConfigMap; name a Secret that holds it with %s.existingSecret" $name $instead) }}
{{- end }}
{{- end }}
{{- if contains "@" ($all.REDIS_URL | default "") }}
{{- fail "env.REDIS_URL: the user and password in it do not belong in a ConfigMap; take it from a Secret with extraEnv" }}
{{- end }}
{{- toJson $all }}
{{- end }}

{{/* Values that cannot both be meant. */}}
{{- define "holysheep-proxy.contradictions" -}}
{{- if and .Values.customCA.existingSecret .Values.customCA.existingConfigMap }}
{{- fail "customCA: existingSecret and existingConfigMap are both set; one folder can be mounted" }}
{{- end }}
{{- if and .Values.apiKey.existingSecret .Values.apiKey.value }}
{{- fail "apiKey: existingSecret and value are both set; which key is meant?" }}
{{- end }}
{{- if and .Values.clientKeys.existingSecret .Values.clientKeys.clients }}
{{- fail "clientKeys: existingSecret and clients are both set; which file is meant?" }}
{{- end }}
{{- range $name, $_ := include "holysheep-proxy.selectorLabels" . | fromYaml }}
{{- if hasKey ($.Values.podLabels | default dict) $name }}
{{- fail (printf "podLabels: %s is what the pods are selected by; nameOverride changes it" $name) }}
{{- end }}
{{- end }}
{{- range .Values.extraEnv }}
{{- if has .name (list "LISTEN_PORT" "ADMIN_PORT" "SHUTDOWN_GRACE" "SHUTDOWN_DELAY") }}
{{- fail (printf "extraEnv: %s: ports and the grace period follow env alone; set it there" .name) }}
{{- end }}
{{- end }}
{{- if hasKey (.Values.podAnnotations | default dict) "checksum/config" }}
{{- fail "podAnnotations: checksum/config is the chart's own" }}
{{- end }}
{{- end }}

{{/* Every setting that the pods get, as JSON: what the other values mean, then env. */}}
{{- define "holysheep-proxy.settings" -}}
{{- include "holysheep-proxy.contradictions" . }}
{{- $env := include "holysheep-proxy.env" . | fromJson }}
{{- $all := dict }}
{{- if include "holysheep-proxy.apiKeySecret" . }}
{{- $_ := set $all "HOLYSHEEP_API_KEY_FILE" (printf "/etc/holysheep/api-key/%s" .Values.apiKey.key) }}
{{- end }}
{{- if .Values.fallbackApiKey.existingSecret }}
{{- $_ := set $all "FALLBACK_API_KEY_FILE" (printf "/etc/holysheep/fallback-api-key/%s" .Values.fallbackApiKey.key) }}
{{- end }}
{{- if include "holysheep-proxy.clientKeysSecret" . }}
{{- $_ := set $all "CLIENT_KEYS_FILE" (printf "/etc/holysheep/clients/%s" .Values.clientKeys.key) }}
{{- end }}
{{- if .Values.models }}
{{- $_ := set $all "MODELS_FILE" "/etc/holysheep/models/models.json" }}
{{- end }}
{{- if or .Values.customCA.existingSecret .Values.customCA.existingConfigMap }}
{{- $_ := set $all "SSL_CERT_FILE" (printf "/etc/holysheep/ca/%s" .Values.customCA.key) }}
{{- end }}
{{- range $name, $path := $all }}
{{- if hasKey $env $name }}
{{- fail (printf "env.%s: another value of the chart sets it to %s; set one of the two" $name $path) }}
{{- end }}
{{- end }}
{{- if .Values.monitoring.podMonitor.enabled }}
{{- $_ := set $all "ADMIN_ADDRESS" "::" }}
{{- end }}
{{- /* Streams last; but a spot node says only two minutes ahead that it goes. */}}
{{- $_ := set $all "SHUTDOWN_GRACE" (ternary "90s" "120s" .Values.spot.enabled) }}
{{- /* `auto` is the CPU limit, and without one every CPU of the node: then what was asked for. */}}
{{- $auto := eq ($env.WORKER_PROCESSES | default "auto") "auto" }}
{{- $resources := .Values.resources | default dict }}
{{- $asked := ($resources.requests | default dict).cpu }}
{{- if and $auto $asked (not ($resources.limits | default dict).cpu) }}
{{- $env = unset $env "WORKER_PROCESSES" }}
{{- $_ := set $all "WORKER_PROCESSES" (include "holysheep-proxy.wholeCpus" $asked) }}
{{- end }}
{{- $all = merge $env $all }}
{{- if and $all.FALLBACK_API_KEY_FILE (not $all.FALLBACK_BASE_URL) }}
{{- fail "fallbackApiKey: env.FALLBACK_BASE_URL is not set; whose key is it?" }}
{{- end }}
{{- if eq ($all.LISTEN_PORT | default "8080") ($all.ADMIN_PORT | default "9090") }}
{{- fail (printf "env: LISTEN_PORT and ADMIN_PORT are both %s" ($all.LISTEN_PORT | default "8080")) }}
{{- end }}
{{- if eq ($all.LISTEN_PORT | default "8080") "0" }}
{{- fail "env.LISTEN_PORT 0: the Service needs to know the port; name one" }}
{{- end }}
{{- if include "holysheep-proxy.loopback" $all.LISTEN_ADDRESS }}
{{- fail (printf "env.LISTEN_ADDRESS %s: neither probes nor clients reach it from outside the pod" $all.LISTEN_ADDRESS) }}
{{- end }}
{{- toJson $all }}
{{- end }}

{{/* Whether only the pod itself reaches what listens on this address. */}}
{{- define "holysheep-proxy.loopback" -}}
{{- if or (hasPrefix "127." (toString .)) (eq "::1" (toString .)) }}
{{- true }}
{{- end }}
{{- end }}

{{/* 250m, 1.5 or "2": CPUs, rounded up. */}}
{{- define "holysheep-proxy.wholeCpus" -}}
{{- $text := toString . }}
{{- $milli := ternary (trimSuffix "m" $text | float64) (mulf ($text | float64) 1000) (hasSuffix "m" $text) }}
{{- ceil (divf $milli 1000) | int64 }}
{{- end }}

{{/* A duration as the daemon takes it (500ms, 5s, 2m, seconds), in whole seconds, rounded up. */}}
{{- define "holysheep-proxy.seconds" -}}
{{- $text := toString . }}
{{- if hasSuffix "ms" $text }}
{{- ceil (divf (trimSuffix "ms" $text | float64) 1000) | int64 }}
{{- else if hasSuffix "m" $text }}
{{- ceil (mulf (trimSuffix "m" $text | float64) 60) | int64 }}
{{- else }}
{{- ceil (trimSuffix "s" $text | float64) | int64 }}
{{- end }}
{{- end }}

{{/* What a pod may need from the start of its end: the sleep, the delay, the grace, and a little to say goodbye. */}}
{{- define "holysheep-proxy.gracePeriod" -}}
{{- $settings := include "holysheep-proxy.settings" . | fromJson }}
{{- $delay := include "holysheep-proxy.seconds" ($settings.SHUTDOWN_DELAY | default "0s") | int64 }}
{{- $grace := include "holysheep-proxy.seconds" $settings.SHUTDOWN_GRACE | int64 }}
{{- $needed := add .Values.preStopSeconds $delay $grace 10 | int64 }}
{{- $given := .Values.terminationGracePeriodSeconds | default $needed | int64 }}
{{- if lt $given $needed }}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short: preStopSeconds %d, SHUTDOWN_DELAY %d and SHUTDOWN_GRACE %d need at least %d; leave it unset to have that" $given (int64 .Values.preStopSeconds) $delay $grace $needed) }}
{{- end }}
{{- $given }}
{{- end }}

{{- define "holysheep-proxy.port" -}}
{{- $settings := include "holysheep-proxy.settings" .root | fromJson }}
{{- get $settings .setting | default .else }}
{{- end }}
{{- define "holysheep-proxy.httpPort" -}}
{{- include "holysheep-proxy.port" (dict "root" . "setting" "LISTEN_PORT" "else" "8080") }}
{{- end }}
{{- define "holysheep-proxy.adminPort" -}}
{{- include "holysheep-proxy.port" (dict "root" . "setting" "ADMIN_PORT" "else" "9090") }}
{{- end }}

{{/* Whether the admin side is there for others than the pod itself. */}}
{{- define "holysheep-proxy.adminOpen" -}}
{{- $address := get (include "holysheep-proxy.settings" . | fromJson) "ADMIN_ADDRESS" | default "127.0.0.1" }}
{{- if not (or (eq (include "holysheep-proxy.adminPort" .) "0") (include "holysheep-proxy.loopback" $address)) }}
{{- true }}
{{- end }}
{{- end }}
