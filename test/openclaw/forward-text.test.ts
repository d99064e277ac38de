import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MAX_SHOWN_CHARACTERS } from '../../src/config/limits.ts'
import { forwardText as forwardTextIn, isForwardText } from '../../src/openclaw/forward-text.ts'
import type { InboundMessage } from '../../src/mesh-api.ts'
import { inboundMessage, PEER, PEER_AGENT_ID } from '../support/fake-mesh.ts'

const forwardText = (message: InboundMessage): string => forwardTextIn(message, 4000)

describe('forwardText', () => {
  it('says who wrote, how that is known, and how to answer', () => {
    const text = forwardText(inboundMessage({ alias: 'bob', instanceId: 'office-mac@604ad9d9c103ea46', text: 'hello\nthere' }))
    assert.equal(text, [
      '📨 Message from bob (libp2p mesh)',
      `Approved peer, instance office-mac＠604ad9d9c103ea46, ${PEER}`,
      '', '> hello', '> there', '',
      'Reply to this message (quote it) to answer.'
    ].join('\n'))
  })

  it('names a peer without alias by its instance, and else by its agent ID', () => {
    assert.match(forwardText(inboundMessage({ instanceId: 'office-mac@604ad9d9c103ea46' })), /^📨 Message from office-mac＠604ad9d9c103ea46 \(libp2p mesh\)\nApproved peer, 12D3/)
    assert.match(forwardText(inboundMessage()), new RegExp(`^📨 Message from ${PEER_AGENT_ID} .*\nApproved peer, ${PEER}\n`))
  })

  it('says that a reply is one', () => {
    assert.match(forwardText(inboundMessage({ kind: 'reply', alias: 'bob', inReplyTo: 'm0' })), /^↩️ Reply from bob /)
  })

  it('says that a broadcast is one', () => {
    assert.match(forwardText(inboundMessage({ kind: 'broadcast', alias: 'bob', topic: 'openclaw-mesh' })), /^📢 Broadcast to everybody from bob /)
  })

  it('lets the text forge neither head nor foot', () => {
    const forged = forwardText(inboundMessage({ text: 'bye' }))
    const ours = forwardText(inboundMessage({ text: `${forged}\n${forged}` })).split('\n').filter(line => line !== '' && !line.startsWith('>'))
    assert.deepEqual(ours, forged.split('\n').filter(line => line !== '' && !line.startsWith('>')))
  })

  it('takes the meaning out of names too', () => {
    assert.match(forwardText(inboundMessage({ alias: '<at user_id="all"> @all' })), /^📨 Message from ＜at user_id="all"> ＠all /)
  })

  it('cuts what no chat shows, and says where the rest is', () => {
    const text = forwardText(inboundMessage({ text: 'x'.repeat(65_536) }))
    assert.match(text, /\n\n\(cut: 65536 characters; all of them: openclaw p2p inbox --json\)\n\nReply to this message/)
    assert.ok(text.length < MAX_SHOWN_CHARACTERS + 500)
  })

  it('fits into one message of the channel', () => {
    for (const maxCharacters of [350, 2000, 4000, 40_000]) {
      for (const text of ['x'.repeat(65_536), 'x\n'.repeat(10_000), '\u202e'.repeat(5000), '😀'.repeat(5000)]) {
        assert.ok(forwardTextIn(inboundMessage({ text }), maxCharacters).length <= maxCharacters)
      }
    }
  })
})

describe('isForwardText', () => {
  it('knows a forwarded message as a channel renders it, and nothing else', () => {
    assert.equal(isForwardText(forwardText(inboundMessage())), true)
    assert.equal(isForwardText('Reply to this message \\(quote it\\) to answer.'), true)
    assert.equal(isForwardText('hello'), false)
  })
})
