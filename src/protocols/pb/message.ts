// @ts-nocheck
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Frame {
  message?: Envelope
  acks: Ack[]
  announce?: Uint8Array<ArrayBuffer>
}

export namespace Frame {
  let _codec: Codec<Frame>

  export const codec = (): Codec<Frame> => {
    if (_codec == null) {
      _codec = message<Frame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.message != null) {
          w.uint32(10)
          Envelope.codec().encode(obj.message, w)
        }

        if (obj.acks != null && obj.acks.length > 0) {
          for (const value of obj.acks) {
            w.uint32(18)
            Ack.codec().encode(value, w)
          }
        }

        if (obj.announce != null) {
          w.uint32(26)
          w.bytes(obj.announce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          acks: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.message = Envelope.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.message
              })
              break
            }
            case 2: {
              if (opts.limits?.acks != null && obj.acks.length === opts.limits.acks) {
                throw new MaxLengthError('Decode error - repeated field "acks" had too many elements')
              }

              obj.acks.push(Ack.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.acks$
              }))
              break
            }
            case 3: {
              obj.announce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          acks: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Envelope.codec().stream(reader, reader.uint32(), `${prefix}.message`, {
                limits: opts.limits?.message
              })

              break
            }
            case 2: {
              if (opts.limits?.acks != null && obj.acks === opts.limits.acks) {
                throw new MaxLengthError('Streaming decode error - repeated field "acks" had too many elements')
              }

              for (const evt of Ack.codec().stream(reader, reader.uint32(), `${prefix}.acks[]`, {
                limits: opts.limits?.acks$
              })) {
                yield {
                  ...evt,
                  index: obj.acks
                }
              }

              obj.acks++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.announce`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface FrameMessageIdFieldEvent {
    field: '$.message.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameMessageKindFieldEvent {
    field: '$.message.kind'
    value: number
  }

  export interface FrameMessageHopsFieldEvent {
    field: '$.message.hops'
    value: number
  }

  export interface FrameMessageInReplyToFieldEvent {
    field: '$.message.inReplyTo'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameMessageConversationFieldEvent {
    field: '$.message.conversation'
    value: string
  }

  export interface FrameMessageTtlMsFieldEvent {
    field: '$.message.ttlMs'
    value: number
  }

  export interface FrameMessageTextFieldEvent {
    field: '$.message.text'
    value: string
  }

  export interface FrameMessageReceiptIdFieldEvent {
    field: '$.message.receipt.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameMessageReceiptStageFieldEvent {
    field: '$.message.receipt.stage'
    value: number
  }

  export interface FrameMessageReceiptCodeFieldEvent {
    field: '$.message.receipt.code'
    value: string
  }

  export interface FrameMessageReceiptTextFieldEvent {
    field: '$.message.receipt.text'
    value: string
  }

  export interface FrameMessageReceiptRetryAfterMsFieldEvent {
    field: '$.message.receipt.retryAfterMs'
    value: number
  }

  export interface FrameMessageReceiptDeliveriesChannelFieldEvent {
    field: '$.message.receipt.deliveries[].channel'
    value: string
    index: number
  }

  export interface FrameMessageReceiptDeliveriesTargetFieldEvent {
    field: '$.message.receipt.deliveries[].target'
    value: string
    index: number
  }

  export interface FrameMessageReceiptDeliveriesOkFieldEvent {
    field: '$.message.receipt.deliveries[].ok'
    value: boolean
    index: number
  }

  export interface FrameMessageReceiptDeliveriesErrorFieldEvent {
    field: '$.message.receipt.deliveries[].error'
    value: string
    index: number
  }

  export interface FrameMessageCallCallIdFieldEvent {
    field: '$.message.call.callId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FrameMessageCallActFieldEvent {
    field: '$.message.call.act'
    value: number
  }

  export interface FrameMessageCallSeqFieldEvent {
    field: '$.message.call.seq'
    value: number
  }

  export interface FrameMessageCallClockFieldEvent {
    field: '$.message.call.clock'
    value: number
  }

  export interface FrameMessageCallReasonFieldEvent {
    field: '$.message.call.reason'
    value: string
  }

  export interface FrameAcksIdFieldEvent {
    field: '$.acks[].id'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface FrameAcksStageFieldEvent {
    field: '$.acks[].stage'
    value: number
    index: number
  }

  export interface FrameAcksCodeFieldEvent {
    field: '$.acks[].code'
    value: string
    index: number
  }

  export interface FrameAcksTextFieldEvent {
    field: '$.acks[].text'
    value: string
    index: number
  }

  export interface FrameAcksRetryAfterMsFieldEvent {
    field: '$.acks[].retryAfterMs'
    value: number
    index: number
  }

  export interface FrameAcksDeliveriesChannelFieldEvent {
    field: '$.acks[].deliveries[].channel'
    value: string
    index: number
  }

  export interface FrameAcksDeliveriesTargetFieldEvent {
    field: '$.acks[].deliveries[].target'
    value: string
    index: number
  }

  export interface FrameAcksDeliveriesOkFieldEvent {
    field: '$.acks[].deliveries[].ok'
    value: boolean
    index: number
  }

  export interface FrameAcksDeliveriesErrorFieldEvent {
    field: '$.acks[].deliveries[].error'
    value: string
    index: number
  }

  export interface FrameAnnounceFieldEvent {
    field: '$.announce'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Frame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Frame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Frame {
    return decodeMessage(buf, Frame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Generator<FrameMessageIdFieldEvent | FrameMessageKindFieldEvent | FrameMessageHopsFieldEvent | FrameMessageInReplyToFieldEvent | FrameMessageConversationFieldEvent | FrameMessageTtlMsFieldEvent | FrameMessageTextFieldEvent | FrameMessageReceiptIdFieldEvent | FrameMessageReceiptStageFieldEvent | FrameMessageReceiptCodeFieldEvent | FrameMessageReceiptTextFieldEvent | FrameMessageReceiptRetryAfterMsFieldEvent | FrameMessageReceiptDeliveriesChannelFieldEvent | FrameMessageReceiptDeliveriesTargetFieldEvent | FrameMessageReceiptDeliveriesOkFieldEvent | FrameMessageReceiptDeliveriesErrorFieldEvent | FrameMessageCallCallIdFieldEvent | FrameMessageCallActFieldEvent | FrameMessageCallSeqFieldEvent | FrameMessageCallClockFieldEvent | FrameMessageCallReasonFieldEvent | FrameAcksIdFieldEvent | FrameAcksStageFieldEvent | FrameAcksCodeFieldEvent | FrameAcksTextFieldEvent | FrameAcksRetryAfterMsFieldEvent | FrameAcksDeliveriesChannelFieldEvent | FrameAcksDeliveriesTargetFieldEvent | FrameAcksDeliveriesOkFieldEvent | FrameAcksDeliveriesErrorFieldEvent | FrameAnnounceFieldEvent> {
    return streamMessage(buf, Frame.codec(), opts)
  }
}

export interface Envelope {
  id: Uint8Array<ArrayBuffer>
  kind: number
  hops: number
  inReplyTo?: Uint8Array<ArrayBuffer>
  conversation?: string
  ttlMs: number
  text: string
  receipt?: Ack
  call?: Call
}

export namespace Envelope {
  let _codec: Codec<Envelope>

  export const codec = (): Codec<Envelope> => {
    if (_codec == null) {
      _codec = message<Envelope>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(16)
          w.uint32(obj.kind)
        }

        if ((obj.hops != null && obj.hops !== 0)) {
          w.uint32(24)
          w.uint32(obj.hops)
        }

        if (obj.inReplyTo != null) {
          w.uint32(34)
          w.bytes(obj.inReplyTo)
        }

        if (obj.conversation != null) {
          w.uint32(42)
          w.string(obj.conversation)
        }

        if ((obj.ttlMs != null && obj.ttlMs !== 0)) {
          w.uint32(48)
          w.uint32(obj.ttlMs)
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(58)
          w.string(obj.text)
        }

        if (obj.receipt != null) {
          w.uint32(66)
          Ack.codec().encode(obj.receipt, w)
        }

        if (obj.call != null) {
          w.uint32(74)
          Call.codec().encode(obj.call, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: uint8ArrayAlloc(0),
          kind: 0,
          hops: 0,
          ttlMs: 0,
          text: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
              obj.kind = reader.uint32()
              break
            }
            case 3: {
              obj.hops = reader.uint32()
              break
            }
            case 4: {
              obj.inReplyTo = reader.bytes()
              break
            }
            case 5: {
              obj.conversation = reader.string()
              break
            }
            case 6: {
              obj.ttlMs = reader.uint32()
              break
            }
            case 7: {
              obj.text = reader.string()
              break
            }
            case 8: {
              obj.receipt = Ack.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.receipt
              })
              break
            }
            case 9: {
              obj.call = Call.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.call
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.hops`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.inReplyTo`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.conversation`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.ttlMs`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 8: {
              yield * Ack.codec().stream(reader, reader.uint32(), `${prefix}.receipt`, {
                limits: opts.limits?.receipt
              })

              break
            }
            case 9: {
              yield * Call.codec().stream(reader, reader.uint32(), `${prefix}.call`, {
                limits: opts.limits?.call
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EnvelopeIdFieldEvent {
    field: '$.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface EnvelopeHopsFieldEvent {
    field: '$.hops'
    value: number
  }

  export interface EnvelopeInReplyToFieldEvent {
    field: '$.inReplyTo'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeConversationFieldEvent {
    field: '$.conversation'
    value: string
  }

  export interface EnvelopeTtlMsFieldEvent {
    field: '$.ttlMs'
    value: number
  }

  export interface EnvelopeTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface EnvelopeReceiptIdFieldEvent {
    field: '$.receipt.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeReceiptStageFieldEvent {
    field: '$.receipt.stage'
    value: number
  }

  export interface EnvelopeReceiptCodeFieldEvent {
    field: '$.receipt.code'
    value: string
  }

  export interface EnvelopeReceiptTextFieldEvent {
    field: '$.receipt.text'
    value: string
  }

  export interface EnvelopeReceiptRetryAfterMsFieldEvent {
    field: '$.receipt.retryAfterMs'
    value: number
  }

  export interface EnvelopeReceiptDeliveriesChannelFieldEvent {
    field: '$.receipt.deliveries[].channel'
    value: string
    index: number
  }

  export interface EnvelopeReceiptDeliveriesTargetFieldEvent {
    field: '$.receipt.deliveries[].target'
    value: string
    index: number
  }

  export interface EnvelopeReceiptDeliveriesOkFieldEvent {
    field: '$.receipt.deliveries[].ok'
    value: boolean
    index: number
  }

  export interface EnvelopeReceiptDeliveriesErrorFieldEvent {
    field: '$.receipt.deliveries[].error'
    value: string
    index: number
  }

  export interface EnvelopeCallCallIdFieldEvent {
    field: '$.call.callId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface EnvelopeCallActFieldEvent {
    field: '$.call.act'
    value: number
  }

  export interface EnvelopeCallSeqFieldEvent {
    field: '$.call.seq'
    value: number
  }

  export interface EnvelopeCallClockFieldEvent {
    field: '$.call.clock'
    value: number
  }

  export interface EnvelopeCallReasonFieldEvent {
    field: '$.call.reason'
    value: string
  }

  export function encode (obj: Partial<Envelope>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Envelope.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Envelope {
    return decodeMessage(buf, Envelope.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Generator<EnvelopeIdFieldEvent | EnvelopeKindFieldEvent | EnvelopeHopsFieldEvent | EnvelopeInReplyToFieldEvent | EnvelopeConversationFieldEvent | EnvelopeTtlMsFieldEvent | EnvelopeTextFieldEvent | EnvelopeReceiptIdFieldEvent | EnvelopeReceiptStageFieldEvent | EnvelopeReceiptCodeFieldEvent | EnvelopeReceiptTextFieldEvent | EnvelopeReceiptRetryAfterMsFieldEvent | EnvelopeReceiptDeliveriesChannelFieldEvent | EnvelopeReceiptDeliveriesTargetFieldEvent | EnvelopeReceiptDeliveriesOkFieldEvent | EnvelopeReceiptDeliveriesErrorFieldEvent | EnvelopeCallCallIdFieldEvent | EnvelopeCallActFieldEvent | EnvelopeCallSeqFieldEvent | EnvelopeCallClockFieldEvent | EnvelopeCallReasonFieldEvent> {
    return streamMessage(buf, Envelope.codec(), opts)
  }
}

export interface Call {
  callId: Uint8Array<ArrayBuffer>
  act: number
  seq: number
  clock: number
  reason?: string
}

export namespace Call {
  let _codec: Codec<Call>

  export const codec = (): Codec<Call> => {
    if (_codec == null) {
      _codec = message<Call>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.callId != null && obj.callId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.callId)
        }

        if ((obj.act != null && obj.act !== 0)) {
          w.uint32(16)
          w.uint32(obj.act)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(24)
          w.uint32(obj.seq)
        }

        if ((obj.clock != null && obj.clock !== 0)) {
          w.uint32(32)
          w.uint32(obj.clock)
        }

        if (obj.reason != null) {
          w.uint32(42)
          w.string(obj.reason)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          callId: uint8ArrayAlloc(0),
          act: 0,
          seq: 0,
          clock: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.callId = reader.bytes()
              break
            }
            case 2: {
              obj.act = reader.uint32()
              break
            }
            case 3: {
              obj.seq = reader.uint32()
              break
            }
            case 4: {
              obj.clock = reader.uint32()
              break
            }
            case 5: {
              obj.reason = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.callId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.act`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.clock`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CallCallIdFieldEvent {
    field: '$.callId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface CallActFieldEvent {
    field: '$.act'
    value: number
  }

  export interface CallSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface CallClockFieldEvent {
    field: '$.clock'
    value: number
  }

  export interface CallReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export function encode (obj: Partial<Call>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Call.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Call>): Call {
    return decodeMessage(buf, Call.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Call>): Generator<CallCallIdFieldEvent | CallActFieldEvent | CallSeqFieldEvent | CallClockFieldEvent | CallReasonFieldEvent> {
    return streamMessage(buf, Call.codec(), opts)
  }
}

export interface Ack {
  id: Uint8Array<ArrayBuffer>
  stage: number
  code?: string
  text?: string
  retryAfterMs?: number
  deliveries: Delivery[]
}

export namespace Ack {
  let _codec: Codec<Ack>

  export const codec = (): Codec<Ack> => {
    if (_codec == null) {
      _codec = message<Ack>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if ((obj.stage != null && obj.stage !== 0)) {
          w.uint32(16)
          w.uint32(obj.stage)
        }

        if (obj.code != null) {
          w.uint32(26)
          w.string(obj.code)
        }

        if (obj.text != null) {
          w.uint32(34)
          w.string(obj.text)
        }

        if (obj.retryAfterMs != null) {
          w.uint32(40)
          w.uint32(obj.retryAfterMs)
        }

        if (obj.deliveries != null && obj.deliveries.length > 0) {
          for (const value of obj.deliveries) {
            w.uint32(50)
            Delivery.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: uint8ArrayAlloc(0),
          stage: 0,
          deliveries: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
              obj.stage = reader.uint32()
              break
            }
            case 3: {
              obj.code = reader.string()
              break
            }
            case 4: {
              obj.text = reader.string()
              break
            }
            case 5: {
              obj.retryAfterMs = reader.uint32()
              break
            }
            case 6: {
              if (opts.limits?.deliveries != null && obj.deliveries.length === opts.limits.deliveries) {
                throw new MaxLengthError('Decode error - repeated field "deliveries" had too many elements')
              }

              obj.deliveries.push(Delivery.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.deliveries$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          deliveries: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.stage`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              if (opts.limits?.deliveries != null && obj.deliveries === opts.limits.deliveries) {
                throw new MaxLengthError('Streaming decode error - repeated field "deliveries" had too many elements')
              }

              for (const evt of Delivery.codec().stream(reader, reader.uint32(), `${prefix}.deliveries[]`, {
                limits: opts.limits?.deliveries$
              })) {
                yield {
                  ...evt,
                  index: obj.deliveries
                }
              }

              obj.deliveries++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AckIdFieldEvent {
    field: '$.id'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AckStageFieldEvent {
    field: '$.stage'
    value: number
  }

  export interface AckCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface AckTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface AckRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export interface AckDeliveriesChannelFieldEvent {
    field: '$.deliveries[].channel'
    value: string
    index: number
  }

  export interface AckDeliveriesTargetFieldEvent {
    field: '$.deliveries[].target'
    value: string
    index: number
  }

  export interface AckDeliveriesOkFieldEvent {
    field: '$.deliveries[].ok'
    value: boolean
    index: number
  }

  export interface AckDeliveriesErrorFieldEvent {
    field: '$.deliveries[].error'
    value: string
    index: number
  }

  export function encode (obj: Partial<Ack>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ack.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Ack {
    return decodeMessage(buf, Ack.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ack>): Generator<AckIdFieldEvent | AckStageFieldEvent | AckCodeFieldEvent | AckTextFieldEvent | AckRetryAfterMsFieldEvent | AckDeliveriesChannelFieldEvent | AckDeliveriesTargetFieldEvent | AckDeliveriesOkFieldEvent | AckDeliveriesErrorFieldEvent> {
    return streamMessage(buf, Ack.codec(), opts)
  }
}

export interface Delivery {
  channel: string
  target: string
  ok: boolean
  error?: string
}

export namespace Delivery {
  let _codec: Codec<Delivery>

  export const codec = (): Codec<Delivery> => {
    if (_codec == null) {
      _codec = message<Delivery>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel !== '')) {
          w.uint32(10)
          w.string(obj.channel)
        }

        if ((obj.target != null && obj.target !== '')) {
          w.uint32(18)
          w.string(obj.target)
        }

        if ((obj.ok != null && obj.ok !== false)) {
          w.uint32(24)
          w.bool(obj.ok)
        }

        if (obj.error != null) {
          w.uint32(34)
          w.string(obj.error)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: '',
          target: '',
          ok: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.string()
              break
            }
            case 2: {
              obj.target = reader.string()
              break
            }
            case 3: {
              obj.ok = reader.bool()
              break
            }
            case 4: {
              obj.error = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.target`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.ok`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.error`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DeliveryChannelFieldEvent {
    field: '$.channel'
    value: string
  }

  export interface DeliveryTargetFieldEvent {
    field: '$.target'
    value: string
  }

  export interface DeliveryOkFieldEvent {
    field: '$.ok'
    value: boolean
  }

  export interface DeliveryErrorFieldEvent {
    field: '$.error'
    value: string
  }

  export function encode (obj: Partial<Delivery>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Delivery.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Delivery>): Delivery {
    return decodeMessage(buf, Delivery.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Delivery>): Generator<DeliveryChannelFieldEvent | DeliveryTargetFieldEvent | DeliveryOkFieldEvent | DeliveryErrorFieldEvent> {
    return streamMessage(buf, Delivery.codec(), opts)
  }
}
