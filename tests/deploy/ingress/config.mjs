// What ingress-nginx makes of an Ingress: nginx's configuration, as text, for Debian's nginx. Its balancer (Lua) becomes an
// upstream block; what no annotation says is the controller's default.
import { prefix } from '../ingress_nginx.mjs';

const annotation_defaults = {
  'client-body-buffer-size': '8k',
  'limit-allowlist': '',
  'limit-burst-multiplier': '5',
  'limit-connections': '0',
  'limit-rpm': '0',
  'limit-rps': '0',
  'proxy-body-size': '1m',
  'proxy-buffer-size': '4k',
  'proxy-buffering': 'off',
  'proxy-connect-timeout': '5',
  'proxy-http-version': '1.1',
  'proxy-next-upstream': 'error timeout',
  'proxy-next-upstream-timeout': '0',
  'proxy-next-upstream-tries': '3',
  'proxy-read-timeout': '60',
  'proxy-request-buffering': 'on',
  'proxy-send-timeout': '60',
  'ssl-redirect': 'true',
};

/** The keys of the controller's ConfigMap that are known here. */
const controller_defaults = {
  'limit-conn-status-code': '503',
  'limit-req-status-code': '503',
  'worker-shutdown-timeout': '240s',
};

/** The annotations of an Ingress over their defaults. One that this file does not put into nginx's words is an error. */
export function annotations(ingress) {
  const given = Object.entries(ingress.metadata.annotations ?? {}).filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value]);
  for (const [name] of given)
    if (!(name in annotation_defaults)) throw new Error(`${prefix}${name}: its meaning is not known here`);
  return { ...annotation_defaults, ...Object.fromEntries(given) };
}

function limits(told, zone) {
  const rates = [['rps', 's'], ['rpm', 'm']].map(([name, unit]) => [name, unit, Number(told[`limit-${name}`])])
    .filter(([, , rate]) => rate > 0);
  const connections = Number(told['limit-connections']);
  const outside = rates.length || connections ? [
    'geo $remote_addr $allowed {', '  default 0;',
    ...told['limit-allowlist'].split(',').filter(Boolean).map((cidr) => `  ${cidr.trim()} 1;`), '}',
    'map $allowed $limited {', '  0 $binary_remote_addr;', '  1 "";', '}',
  ] : [];
  outside.push(...rates.map(([name, unit, rate]) => `limit_req_zone $limited zone=${zone}_${name}:5m rate=${rate}r/${unit};`));
  const inside = rates.map(([name, , rate]) =>
    `limit_req zone=${zone}_${name} burst=${rate * Number(told['limit-burst-multiplier'])} nodelay;`);
  if (connections) {
    outside.push(`limit_conn_zone $limited zone=${zone}_conn:5m;`);
    inside.push(`limit_conn ${zone}_conn ${connections};`);
  }
  return { outside, inside };
}

const passed_headers = `
proxy_set_header Host $http_host;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $connection_upgrade;
proxy_set_header X-Request-ID $req_id;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Host $http_host;
proxy_set_header X-Forwarded-Port $server_port;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-Scheme $scheme;
proxy_set_header X-Scheme $scheme;
proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
proxy_set_header Proxy "";`.trim().split('\n');

const passing = (told) => [
  `proxy_connect_timeout ${told['proxy-connect-timeout']}s;`,
  `proxy_send_timeout ${told['proxy-send-timeout']}s;`,
  `proxy_read_timeout ${told['proxy-read-timeout']}s;`,
  `proxy_buffering ${told['proxy-buffering']};`,
  `proxy_buffer_size ${told['proxy-buffer-size']};`,
  `proxy_buffers 4 ${told['proxy-buffer-size']};`,
  `proxy_request_buffering ${told['proxy-request-buffering']};`,
  `proxy_http_version ${told['proxy-http-version']};`,
  `proxy_next_upstream ${told['proxy-next-upstream']};`,
  `proxy_next_upstream_timeout ${told['proxy-next-upstream-timeout']};`,
  `proxy_next_upstream_tries ${told['proxy-next-upstream-tries']};`,
  'proxy_redirect off;',
  'proxy_pass http://pods;',
];

const indented = (lines) => lines.map((line) => `  ${line}`);
const block = (name, lines) => [`${name} {`, ...indented(lines), '}'];

function server(ingress, told, limiting, endpoints, { https_port, http_port, certificate, key }) {
  const { host, http } = ingress.spec.rules[0];
  if (ingress.spec.rules.length !== 1 || http.paths.length !== 1) throw new Error('one rule with one path is known here');
  const tls = (ingress.spec.tls ?? []).some(({ hosts }) => hosts.includes(host));
  const listening = tls
    ? [`listen 127.0.0.1:${https_port} ssl http2;`, `ssl_certificate ${certificate};`, `ssl_certificate_key ${key};`] : [];
  const redirect = tls && told['ssl-redirect'] === 'true'
    ? block('if ($scheme = http)', ['return 308 https://$http_host$request_uri;']) : [];
  return block('server', [
    `server_name ${host};`, `listen 127.0.0.1:${http_port};`, ...listening,
    ...block(`location ${http.paths[0].path}`, [
      ...redirect, ...limiting.inside,
      `client_max_body_size ${told['proxy-body-size']};`, `client_body_buffer_size ${told['client-body-buffer-size']};`,
      ...passed_headers, ...(endpoints.length ? passing(told) : ['return 503;']),
    ]),
  ]);
}

/**
 * nginx's configuration for `ingress` with its Service's `endpoints` (`host:port`). `place` says where it runs: `folder`,
 * `http_port`, `https_port`, `certificate`, `key`. `controller` are settings of the controller's ConfigMap. `generation` is
 * what GET /generation on the http port answers, to see that a reload is through.
 */
export function nginx_config(ingress, endpoints, place, { controller = {}, generation = 0 } = {}) {
  for (const name of Object.keys(controller))
    if (!(name in controller_defaults)) throw new Error(`the controller's ${name} is not known here`);
  const settings = { ...controller_defaults, ...controller };
  const told = annotations(ingress);
  const limiting = limits(told, `${ingress.metadata.namespace}_${ingress.metadata.name}`);
  const pods = endpoints.length ? block('upstream pods', [
    // No verdict of its own on pods: readiness is Kubernetes's to judge.
    ...endpoints.map((endpoint) => `server ${endpoint} max_fails=0;`),
    'keepalive 320;', 'keepalive_timeout 60s;', 'keepalive_requests 10000;',
  ]) : [];
  return `${[
    ...(process.getuid() === 0 ? ['user root;'] : []),
    'daemon off;', 'worker_processes 2;', `pid ${place.folder}/nginx.pid;`, `error_log ${place.folder}/error.log warn;`,
    `worker_shutdown_timeout ${settings['worker-shutdown-timeout']};`,
    ...block('events', ['worker_connections 16384;', 'multi_accept on;']),
    ...block('http', [
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${place.folder}/${name};`),
      'keepalive_timeout 75s;', 'keepalive_requests 1000;', 'reset_timedout_connection on;', 'server_tokens off;',
      'large_client_header_buffers 4 8k;', 'client_header_timeout 60s;', 'client_body_timeout 60s;',
      'ssl_protocols TLSv1.2 TLSv1.3;', 'ssl_session_cache shared:SSL:10m;', 'ssl_session_tickets off;', 'ssl_buffer_size 4k;',
      `limit_req_status ${settings['limit-req-status-code']};`, `limit_conn_status ${settings['limit-conn-status-code']};`,
      ...block('map $http_upgrade $connection_upgrade', ['default upgrade;', `'' '';`]),
      ...block('map $http_x_request_id $req_id', ['default $http_x_request_id;', `'' $request_id;`]),
      `log_format told escape=json '{"id":"$req_id","client":"$remote_addr","status":"$status","pods":"$upstream_addr",`
        + `"pod_statuses":"$upstream_status","ended":"$msec","seconds":"$request_time"}';`,
      `access_log ${place.folder}/access.log told;`,
      ...limiting.outside, ...pods,
      ...block('server', [`listen 127.0.0.1:${place.http_port} default_server;`, 'access_log off;',
        ...block('location = /generation', [`return 200 "${generation}";`]), ...block('location /', ['return 404;'])]),
      ...server(ingress, told, limiting, endpoints, place),
    ]),
  ].join('\n')}\n`;
}
