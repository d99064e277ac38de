/** From facts about the network to findings; the gravest first. */
import type { Facts, Finding, Rule, Severity } from './finding.ts'
import { NAT_RULES } from './nat-rules.ts'
import { NODE_RULES } from './node-rules.ts'
import { PEER_RULES } from './peer-rules.ts'

const RULES: readonly Rule[] = [...NODE_RULES, ...NAT_RULES, ...PEER_RULES]
const ORDER: readonly Severity[] = ['error', 'warning', 'note']

/** Everything that is wrong, or good to know. */
export function diagnose(facts: Facts): Finding[] {
  const findings = RULES.flatMap(rule => rule(facts))
  return ORDER.flatMap(severity => findings.filter(finding => finding.severity === severity))
}

/** Whether nothing keeps this node from being reached and from reaching others. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity !== 'error')
}
