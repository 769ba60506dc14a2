{{/* affinity as given, with what spot nodes want added where spot is on. */}}
{{- define "holysheep-proxy.affinity" -}}
{{- $affinity := deepCopy (.Values.affinity | default dict) }}
{{- if .Values.spot.enabled }}
{{- $node := dig "nodeAffinity" "preferredDuringSchedulingIgnoredDuringExecution" list $affinity }}
{{- $types := dict "key" "node.kubernetes.io/instance-type" "operator" "In" "values" .Values.spot.instanceTypes }}
{{- $node = append $node (dict "weight" 100 "preference" (dict "matchExpressions" (list $types))) }}
{{- $pods := dig "podAntiAffinity" "preferredDuringSchedulingIgnoredDuringExecution" list $affinity }}
{{- $selector := dict "matchLabels" (include "holysheep-proxy.selectorLabels" . | fromYaml) }}
{{- $apart := dict "topologyKey" "topology.kubernetes.io/zone" "labelSelector" $selector }}
{{- $pods = append $pods (dict "weight" 100 "podAffinityTerm" $apart) }}
{{- $_ := set $affinity "nodeAffinity" (merge (dict "preferredDuringSchedulingIgnoredDuringExecution" $node) ($affinity.nodeAffinity | default dict)) }}
{{- $_ := set $affinity "podAntiAffinity" (merge (dict "preferredDuringSchedulingIgnoredDuringExecution" $pods) ($affinity.podAntiAffinity | default dict)) }}
{{- end }}
{{- toYaml $affinity }}
{{- end }}
