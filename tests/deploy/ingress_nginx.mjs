// The annotations of ingress-nginx that may stand on our Ingress, with the form of each value. It has others; it never
// had `rate-limit` and `rate-limit-window`.
export const prefix = 'nginx.ingress.kubernetes.io/';

const number = /^[0-9]+$/;
const size = /^[0-9]+[kKmMgG]?$/;
const on_off = /^(on|off)$/;
const yes_no = /^(true|false)$/;
const cidrs = /^[0-9a-fA-F.:/]+(, ?[0-9a-fA-F.:/]+)*$/;

export const annotations = {
  'backend-protocol': /^(HTTP|HTTPS|AUTO_HTTP)$/,
  'client-body-buffer-size': size,
  'denylist-source-range': cidrs,
  'enable-access-log': yes_no,
  'enable-cors': yes_no,
  'cors-allow-origin': /./,
  'cors-allow-methods': /./,
  'cors-allow-headers': /./,
  'force-ssl-redirect': yes_no,
  'limit-allowlist': cidrs,
  'limit-burst-multiplier': number,
  'limit-connections': number,
  'limit-rate': number,
  'limit-rate-after': number,
  'limit-rpm': number,
  'limit-rps': number,
  'load-balance': /^(round_robin|ewma)$/,
  'proxy-body-size': size,
  'proxy-buffer-size': size,
  'proxy-buffering': on_off,
  'proxy-connect-timeout': number,
  'proxy-http-version': /^1\.[01]$/,
  'proxy-next-upstream': /^[a-z0-9_ ]+$/,
  'proxy-next-upstream-timeout': number,
  'proxy-next-upstream-tries': number,
  'proxy-read-timeout': number,
  'proxy-request-buffering': on_off,
  'proxy-send-timeout': number,
  'service-upstream': yes_no,
  'ssl-redirect': yes_no,
  'upstream-vhost': /./,
  'whitelist-source-range': cidrs,
};
