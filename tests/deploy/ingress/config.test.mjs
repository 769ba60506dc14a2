// What the annotations of our Ingress mean, as text: nothing of it runs.
import assert from 'node:assert/strict';
import test from 'node:test';
import { objects_of, sets } from '../chart.mjs';
import { prefix } from '../ingress_nginx.mjs';
import { overlays, render, render_with, the } from '../rendering.mjs';
import { annotations, nginx_config } from './config.mjs';

const place = { folder: '/f', http_port: 80, https_port: 443, certificate: '/f/c', key: '/f/k' };
const configured = (ingress, endpoints = ['10.0.0.1:8080'], options = {}) => nginx_config(ingress, endpoints, place, options);
const with_ingress = overlays.map((name) => [name, render(`overlays/${name}`)])
  .filter(([, objects]) => objects.some(({ kind }) => kind === 'Ingress'));
const ours = the(render_with('base', ['ingress']), 'Ingress');
const annotated = (more) => ({ ...ours, metadata: { ...ours.metadata, annotations: { ...ours.metadata.annotations,
  ...Object.fromEntries(Object.entries(more).map(([name, value]) => [prefix + name, value])) } } });
const has = (text, ...lines) => lines.forEach((line) => assert.ok(text.includes(`\n${line}\n`) || text.includes(` ${line}\n`), line));

test('every annotation that an overlay or the chart sets has a meaning here', () => {
  assert.ok(with_ingress.length >= 2);
  for (const [, objects] of with_ingress) annotations(the(objects, 'Ingress'));
  annotations(the(objects_of(...sets(['ingress.enabled=true'])), 'Ingress'));
  assert.throws(() => annotations(annotated({ 'rate-limit': '100' })), /rate-limit: its meaning is not known/);
});

test('the annotations of the article become what nginx calls them', () =>
  has(configured(ours), 'client_max_body_size 50m;', 'proxy_read_timeout 120s;', 'proxy_send_timeout 120s;', 'proxy_buffering off;',
    'limit_req_zone $limited zone=holysheep-proxy_holysheep-proxy_rpm:5m rate=100r/m;',
    'limit_req zone=holysheep-proxy_holysheep-proxy_rpm burst=500 nodelay;', 'limit_req_status 503;',
    'listen 127.0.0.1:443 ssl http2;', 'return 308 https://$http_host$request_uri;', 'server 10.0.0.1:8080 max_fails=0;'));

test('the chart means the same by its Ingress as the manifests', () => {
  const charted = the(objects_of(...sets(['ingress.enabled=true'])), 'Ingress');
  assert.deepEqual(annotations(charted), annotations(ours));
});

test('connections are limited where that is asked for, with the status that the controller is told', () => {
  const controller = { 'limit-conn-status-code': '429' };
  const text = configured(annotated({ 'limit-connections': '3' }), ['10.0.0.1:8080'], { controller });
  has(text, 'limit_conn holysheep-proxy_holysheep-proxy_conn 3;', 'limit_conn_status 429;');
});

test('who is on the allow list is not limited', () =>
  has(configured(annotated({ 'limit-allowlist': '10.0.0.0/8, 127.0.0.9' })), '10.0.0.0/8 1;', '127.0.0.9 1;'));

test('an Ingress without pods answers 503', () => {
  const text = configured(ours, []);
  has(text, 'return 503;');
  assert.ok(!text.includes('proxy_pass'));
});
