// The bill of materials of the program in HOLYSHEEP_PROXY_BINARY, as scripts/sbom makes it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'

const program = process.env.HOLYSHEEP_PROXY_BINARY
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5)
let text, bill

const run = (command, ...words) => execFileSync(command, words, { encoding: 'utf8' })
const needed = () => [...run('readelf', '-dW', program).matchAll(/NEEDED.*\[(.*)\]/g)].map(found => found[1])
const files = (bom, how) => bom.components.flatMap(component =>
  component.properties.filter(property => property.name === `holysheep:${how}`).map(property => property.value))
const missing = (bom, libraries) => libraries.filter(library => !files(bom, 'shared').includes(library))
const copy = () => structuredClone(bill)

function made() {
  const folder = mkdtempSync(join(tmpdir(), 'sbom-'))
  const file = join(folder, 'bill.cdx.json')
  try {
    execFileSync('../../scripts/sbom', [program, file], { env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' } })
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

before(() => {
  text = made()
  bill = JSON.parse(text)
})

test('it is CycloneDX 1.5 as its schema has it', async () => {
  assert.equal(await validator.validate(text), null)
})

test('the schema refuses what is not', async () => {
  for (const spoil of [bom => delete bom.bomFormat, bom => delete bom.components[0].name,
    bom => { bom.components[0].type = 'package' }, bom => { bom.serialNumber = 'urn:uuid:1' },
    bom => { bom.license = 'MIT' }, bom => bom.components.push(bom.components[0])]) {
    const spoilt = copy()
    spoil(spoilt)
    assert.notEqual(await validator.validate(JSON.stringify(spoilt)), null, spoil.toString())
  }
})

test('every library that the program needs is in it', () => {
  assert.ok(needed().length >= 8, needed().join())
  assert.deepEqual(missing(bill, needed()), [])
  const spoilt = copy()
  spoilt.components = spoilt.components.filter(component => component.name !== 'libssl3')
  assert.deepEqual(missing(spoilt, needed()), ['libssl.so.3', 'libcrypto.so.3'])
})

test('what is part of the program without being a library is in it', () => {
  const names = bill.components.map(component => component.name)
  for (const name of ['libboost1.81-dev', 'nlohmann-json3-dev', 'libstdc++-12-dev', 'libjs-chart.js']) {
    assert.ok(names.includes(name), name)
  }
  assert.deepEqual(files(bill, 'embedded'), ['chart.min.js'])
})

test('versions are those that are installed, and name themselves as Debian does', () => {
  for (const { name, version, purl } of bill.components) {
    assert.equal(version, run('dpkg-query', '-W', '-f=${Version}\n', name).split('\n')[0], name)
    const [, asked, told] = /^pkg:deb\/debian\/([^@]+)@([^?]+)\?arch=\w+&distro=debian-\d+$/.exec(purl)
    assert.equal(decodeURIComponent(asked), name)
    assert.equal(decodeURIComponent(told), version)
  }
})

test('it names the program by version and build id, and all that it depends on', () => {
  const { component } = bill.metadata
  assert.equal(`${component.name} ${component.version}`, run(program, '--version').trim())
  const id = component.properties.find(property => property.name === 'holysheep:build-id').value
  assert.match(id, /^[0-9a-f]{40}$/)
  assert.ok(run('readelf', '-nW', program).includes(id))
  const [own] = bill.dependencies
  assert.equal(own.ref, component['bom-ref'])
  assert.deepEqual([...own.dependsOn].sort(), bill.components.map(part => part['bom-ref']).sort())
})

test('the same program at the same time gives the same bytes', () => {
  assert.equal(bill.metadata.timestamp, '2023-11-14T22:13:20Z')
  assert.equal(made(), text)
})
