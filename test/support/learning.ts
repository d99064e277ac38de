/** A route learner with everything that it told kept; Alice is approved, Bob is not. */

import type { Connection } from '@libp2p/interface'
import { InstanceRoutes, type Route } from '../../src/routes/instance-routes.ts'
import { RouteLearner, type RouteLearnerInit } from '../../src/routes/route-learner.ts'
import { FakeClock } from './fake-clock.ts'
import { testConnection } from './links.ts'
import { LogRecorder } from './log-recorder.ts'
import { keyedPeer, type KeyedPeer } from './routes.ts'

export const [alice, bob] = await Promise.all([keyedPeer(1), keyedPeer(2)])

export function learning(more: Partial<RouteLearnerInit> = {}) {
  const clock = new FakeClock()
  const log = new LogRecorder()
  const routes = new InstanceRoutes({ maxRoutes: 10, maxBytes: Infinity, isProtected: () => false })
  const mapped: string[] = []
  /** Routes, each with the addresses that it lost. */
  const learned: Array<[Route, readonly string[]]> = []
  const sameRuns: Array<[Connection, Connection]> = []
  const duplicates: Array<[string, string[]]> = []
  const heard: Array<[string, string[]]> = []
  const floods: string[] = []
  const asked: Connection[] = []
  const left: string[] = []
  const learner = new RouteLearner({
    routes, log, now: clock.now,
    isWelcome: () => true,
    isApproved: peerId => peerId.equals(alice.peerId),
    onMapped: (route) => { mapped.push(route.instanceId) },
    onLearned: (route, dropped) => { learned.push([route, dropped]) },
    onLeft: (peerId) => { left.push(peerId.toString()) },
    isAlive: async (connection) => {
      asked.push(connection)
      return true
    },
    onSameRun: async (one, other) => { sameRuns.push([one, other]) },
    onDuplicateKey: (peerId, bootIds) => { duplicates.push([peerId.toString(), bootIds]) },
    onOwnRunsHeard: (reporter, bootIds) => { heard.push([reporter.toString(), bootIds]) },
    onFlood: (peerId, error) => { floods.push(`${peerId.toString()} ${error.name}`) },
    ...more
  })
  const hear = async (from: KeyedPeer, record: Uint8Array, connection = testConnection(from.peerId)): Promise<void> => {
    await learner.handleAnnounce(from.peerId, record, connection)
  }
  return { clock, log, routes, mapped, learned, sameRuns, duplicates, heard, floods, asked, left, learner, hear }
}
