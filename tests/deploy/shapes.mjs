// What the Kubernetes client's types do not tell: which API group a kind belongs to, which words a field takes, which
// values are quantities; and the custom resources that we use, as far as we use them. In a shape `!` marks what must be
// there, `*` any key, a list of words those alone, a regular expression its form, `kubernetes:` a type of the API.

export const api_versions = {
  ConfigMap: ['v1'], Namespace: ['v1'], PersistentVolumeClaim: ['v1'], Pod: ['v1'], Secret: ['v1'], Service: ['v1'],
  ServiceAccount: ['v1'],
  Deployment: ['apps/v1'],
  HorizontalPodAutoscaler: ['autoscaling/v2'],
  Job: ['batch/v1'],
  Ingress: ['networking.k8s.io/v1'], NetworkPolicy: ['networking.k8s.io/v1'],
  PodDisruptionBudget: ['policy/v1'],
  Role: ['rbac.authorization.k8s.io/v1'], RoleBinding: ['rbac.authorization.k8s.io/v1'],
};

export const quantities = new Set([
  'V1ResourceRequirements.requests', 'V1ResourceRequirements.limits', 'V1VolumeResourceRequirements.requests',
  'V1EmptyDirVolumeSource.sizeLimit', 'V2MetricTarget.averageValue', 'V2MetricTarget.value',
]);

const taint_effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const protocols = ['TCP', 'UDP', 'SCTP'];
export const enumerations = {
  'V1Container.imagePullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'V1Container.terminationMessagePolicy': ['File', 'FallbackToLogsOnError'],
  'V1ContainerPort.protocol': protocols,
  'V1PodSpec.restartPolicy': ['Always', 'OnFailure', 'Never'],
  'V1PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'V1PodSecurityContext.fsGroupChangePolicy': ['OnRootMismatch', 'Always'],
  'V1SeccompProfile.type': ['RuntimeDefault', 'Localhost', 'Unconfined'],
  'V1TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
  'V1TopologySpreadConstraint.nodeTaintsPolicy': ['Honor', 'Ignore'],
  'V1TopologySpreadConstraint.nodeAffinityPolicy': ['Honor', 'Ignore'],
  'V1NodeSelectorRequirement.operator': ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'],
  'V1LabelSelectorRequirement.operator': ['In', 'NotIn', 'Exists', 'DoesNotExist'],
  'V1Toleration.operator': ['Exists', 'Equal'],
  'V1Toleration.effect': taint_effects,
  'V1DeploymentStrategy.type': ['Recreate', 'RollingUpdate'],
  'V1HTTPGetAction.scheme': ['HTTP', 'HTTPS'],
  'V1ServiceSpec.type': ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
  'V1ServiceSpec.sessionAffinity': ['None', 'ClientIP'],
  'V1ServiceSpec.trafficDistribution': ['PreferClose', 'PreferSameZone', 'PreferSameNode'],
  'V1ServiceSpec.ipFamilyPolicy': ['SingleStack', 'PreferDualStack', 'RequireDualStack'],
  'V1ServicePort.protocol': protocols,
  'V1HTTPIngressPath.pathType': ['Exact', 'Prefix', 'ImplementationSpecific'],
  'V1NetworkPolicySpec.policyTypes': ['Ingress', 'Egress'],
  'V1NetworkPolicyPort.protocol': protocols,
  'V1PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': ['IfHealthyBudget', 'AlwaysAllow'],
  'V2HPAScalingRules.selectPolicy': ['Max', 'Min', 'Disabled'],
  'V2HPAScalingPolicy.type': ['Pods', 'Percent'],
  'V2MetricSpec.type': ['Resource', 'ContainerResource', 'Pods', 'Object', 'External'],
  'V2MetricTarget.type': ['Utilization', 'Value', 'AverageValue'],
};

const duration = /^([0-9]+(h|m|s|ms))+$/;
const prometheus_duration = /^(\d+(ms|s|m|h|d|w|y))+$/;
const quantity = /^(\d+|\d+\.\d+)(m|k|M|G|Ki|Mi|Gi)?$/;
const header_changes = {
  set: [{ 'name!': 'string', 'value!': 'string' }], add: [{ 'name!': 'string', 'value!': 'string' }], remove: ['string'],
};
const target = { 'apiVersion!': 'string', 'kind!': 'string', 'name!': 'string' };
const scrape = {
  port: 'string', path: 'string', scheme: ['http', 'https'], interval: prometheus_duration, scrapeTimeout: prometheus_duration,
  honorLabels: 'boolean', relabelings: [{ '*': 'any' }], metricRelabelings: [{ '*': 'any' }],
};
const monitor = {
  'selector!': 'kubernetes:V1LabelSelector', namespaceSelector: { any: 'boolean', matchNames: ['string'] }, jobLabel: 'string',
  podTargetLabels: ['string'], targetLabels: ['string'], sampleLimit: 'int', labelLimit: 'int',
};

export const custom_resources = {
  'autoscaling.k8s.io/v1/VerticalPodAutoscaler': {
    'targetRef!': target,
    updatePolicy: { updateMode: ['Off', 'Initial', 'Recreate', 'InPlaceOrRecreate', 'Auto'], minReplicas: 'int' },
    resourcePolicy: {
      containerPolicies: [{
        containerName: 'string', mode: ['Auto', 'Off'], controlledResources: ['string'],
        controlledValues: ['RequestsAndLimits', 'RequestsOnly'],
        minAllowed: { cpu: quantity, memory: quantity }, maxAllowed: { cpu: quantity, memory: quantity },
      }],
    },
  },
  'gateway.networking.k8s.io/v1/HTTPRoute': {
    'parentRefs!': [{ group: 'string', kind: 'string', 'name!': 'string', namespace: 'string', sectionName: 'string', port: 'int' }],
    hostnames: ['string'],
    'rules!': [{
      name: 'string',
      matches: [{
        path: { type: ['Exact', 'PathPrefix', 'RegularExpression'], value: 'string' },
        headers: [{ type: ['Exact', 'RegularExpression'], 'name!': 'string', 'value!': 'string' }], method: 'string',
      }],
      filters: [{ 'type!': 'string', requestHeaderModifier: header_changes, responseHeaderModifier: header_changes }],
      'backendRefs!': [{ group: 'string', kind: 'string', 'name!': 'string', namespace: 'string', 'port!': 'int', weight: 'int' }],
      timeouts: { request: duration, backendRequest: duration },
    }],
  },
  'monitoring.coreos.com/v1/PodMonitor': { 'podMetricsEndpoints!': [scrape], ...monitor },
  'monitoring.coreos.com/v1/ServiceMonitor': { 'endpoints!': [scrape], ...monitor },
  'monitoring.coreos.com/v1/PrometheusRule': {
    'groups!': [{
      'name!': 'string', interval: prometheus_duration,
      'rules!': [{
        record: 'string', alert: 'string', 'expr!': 'IntOrString', for: prometheus_duration,
        keep_firing_for: prometheus_duration,
        labels: { '*': 'string' }, annotations: { '*': 'string' },
      }],
    }],
  },
  'keda.sh/v1alpha1/ScaledObject': {
    'scaleTargetRef!': { apiVersion: 'string', kind: 'string', 'name!': 'string', envSourceContainerName: 'string' },
    pollingInterval: 'int', cooldownPeriod: 'int', initialCooldownPeriod: 'int', idleReplicaCount: 'int',
    minReplicaCount: 'int', maxReplicaCount: 'int',
    fallback: { 'failureThreshold!': 'int', 'replicas!': 'int', behavior: 'string' },
    advanced: {
      restoreToOriginalReplicaCount: 'boolean',
      horizontalPodAutoscalerConfig: { name: 'string', behavior: 'kubernetes:V2HorizontalPodAutoscalerBehavior' },
    },
    'triggers!': [{
      'type!': 'string', name: 'string', metricType: ['AverageValue', 'Value', 'Utilization'], 'metadata!': { '*': 'string' },
      authenticationRef: { 'name!': 'string', kind: 'string' }, useCachedMetrics: 'boolean',
    }],
  },
};
