import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findGateways } from '../../src/nat/gateways.ts'
import type { Interfaces } from '../../src/nat/candidates.ts'

const at = (address: string, netmask: string, internal = false): Interfaces[string] =>
  [{ address, netmask, internal, cidr: null, family: 'IPv4', mac: '' }]

const INTERFACES: Interfaces = { lo: at('127.0.0.1', '255.0.0.0', true), wlan0: at('192.168.7.23', '255.255.255.0'), wan: at('45.33.0.7', '255.255.255.0') }
const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
const line = (...columns: string[]): string => [...columns, '0', '0', '0', '00000000', '0', '0', '0'].join('\t')

describe('findGateways', () => {
  it('takes the default routes of private networks from the Linux kernel', async () => {
    const routes = [HEAD, line('wlan0', '00000000', 'FE07A8C0', '0003'), line('wlan0', '0007A8C0', '00000000', '0001'), line('wan', '00000000', '01002D21', '0003')]
    assert.deepEqual(await findGateways(INTERFACES, 'linux', async () => await Promise.resolve(`${routes.join('\n')}\n`)), [
      { host: '192.168.7.254', ownHost: '192.168.7.23' }
    ])
  })

  it('takes the first address of each private network where the system does not say', async () => {
    assert.deepEqual(await findGateways({ ...INTERFACES, eth0: at('10.1.130.9', '255.255.128.0') }, 'darwin'), [
      { host: '192.168.7.1', ownHost: '192.168.7.23' }, { host: '10.1.128.1', ownHost: '10.1.130.9' }
    ])
  })

  it('does not take this host for its own router', async () => {
    assert.deepEqual(await findGateways({ eth0: at('192.168.7.1', '255.255.255.0') }, 'win32'), [])
  })
})
