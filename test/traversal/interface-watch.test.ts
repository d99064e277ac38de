import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkInterfaceInfo } from 'node:os'
import { INTERFACE_POLL_MS } from '../../src/config/nat-limits.ts'
import type { Interfaces } from '../../src/nat/candidates.ts'
import { InterfaceWatch } from '../../src/nat/interface-watch.ts'
import { FakeClock } from '../support/fake-clock.ts'

const at = (cidr: string, internal = false): NetworkInterfaceInfo =>
  ({ address: cidr.split('/')[0] ?? '', cidr, internal, family: 'IPv4', netmask: '', mac: '' })

function createWatch(interfaces: Interfaces) {
  const clock = new FakeClock()
  const machine = { interfaces, changes: 0 }
  const watch = new InterfaceWatch({ clock, interfaces: () => machine.interfaces, onChange: () => { machine.changes += 1 } })
  watch.start()
  return { watch, machine, clock }
}

describe('InterfaceWatch', () => {
  it('tells of addresses that came or went, once for each change', () => {
    const { machine, clock } = createWatch({ wlan0: [at('192.168.1.7/24')] })
    clock.advance(10 * INTERFACE_POLL_MS)
    assert.equal(machine.changes, 0)
    machine.interfaces = { wlan0: [at('10.0.0.5/8')] }
    clock.advance(3 * INTERFACE_POLL_MS)
    assert.equal(machine.changes, 1)
    machine.interfaces = {}
    clock.advance(INTERFACE_POLL_MS)
    assert.equal(machine.changes, 2)
  })

  it('does not mind the order, loopback and link-local addresses', () => {
    const { machine, clock } = createWatch({ eth0: [at('192.168.1.7/24')], wlan0: [at('10.0.0.5/8')] })
    machine.interfaces = { lo: [at('127.0.0.1/8', true)], wlan0: [at('10.0.0.5/8'), at('fe80::1/64')], eth0: [at('169.254.1.1/16'), at('192.168.1.7/24')] }
    clock.advance(INTERFACE_POLL_MS)
    assert.equal(machine.changes, 0)
  })

  it('ends with stop', () => {
    const { watch, clock } = createWatch({})
    watch.stop()
    assert.deepEqual(clock.pending, [])
  })
})
