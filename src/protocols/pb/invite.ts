// @ts-nocheck
import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface InviteFrame {
  hello?: InviteHello
  challenge?: Uint8Array<ArrayBuffer>
  proof?: InviteProof
  welcome?: InviteProof
  refusal?: InviteRefusal
}

export namespace InviteFrame {
  let _codec: Codec<InviteFrame>

  export const codec = (): Codec<InviteFrame> => {
    if (_codec == null) {
      _codec = message<InviteFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.hello != null) {
          w.uint32(10)
          InviteHello.codec().encode(obj.hello, w)
        }

        if (obj.challenge != null) {
          w.uint32(18)
          w.bytes(obj.challenge)
        }

        if (obj.proof != null) {
          w.uint32(26)
          InviteProof.codec().encode(obj.proof, w)
        }

        if (obj.welcome != null) {
          w.uint32(34)
          InviteProof.codec().encode(obj.welcome, w)
        }

        if (obj.refusal != null) {
          w.uint32(42)
          InviteRefusal.codec().encode(obj.refusal, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.hello = InviteHello.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hello
              })
              break
            }
            case 2: {
              obj.challenge = reader.bytes()
              break
            }
            case 3: {
              obj.proof = InviteProof.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.proof
              })
              break
            }
            case 4: {
              obj.welcome = InviteProof.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.welcome
              })
              break
            }
            case 5: {
              obj.refusal = InviteRefusal.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.refusal
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
              yield * InviteHello.codec().stream(reader, reader.uint32(), `${prefix}.hello`, {
                limits: opts.limits?.hello
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.challenge`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield * InviteProof.codec().stream(reader, reader.uint32(), `${prefix}.proof`, {
                limits: opts.limits?.proof
              })

              break
            }
            case 4: {
              yield * InviteProof.codec().stream(reader, reader.uint32(), `${prefix}.welcome`, {
                limits: opts.limits?.welcome
              })

              break
            }
            case 5: {
              yield * InviteRefusal.codec().stream(reader, reader.uint32(), `${prefix}.refusal`, {
                limits: opts.limits?.refusal
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

  export interface InviteFrameHelloInvitationIdFieldEvent {
    field: '$.hello.invitationId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteFrameHelloNonceFieldEvent {
    field: '$.hello.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteFrameChallengeFieldEvent {
    field: '$.challenge'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteFrameProofMacFieldEvent {
    field: '$.proof.mac'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteFrameProofNameFieldEvent {
    field: '$.proof.name'
    value: string
  }

  export interface InviteFrameWelcomeMacFieldEvent {
    field: '$.welcome.mac'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteFrameWelcomeNameFieldEvent {
    field: '$.welcome.name'
    value: string
  }

  export interface InviteFrameRefusalReasonFieldEvent {
    field: '$.refusal.reason'
    value: number
  }

  export interface InviteFrameRefusalRetryAfterMsFieldEvent {
    field: '$.refusal.retryAfterMs'
    value: number
  }

  export function encode (obj: Partial<InviteFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InviteFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteFrame>): InviteFrame {
    return decodeMessage(buf, InviteFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteFrame>): Generator<InviteFrameHelloInvitationIdFieldEvent | InviteFrameHelloNonceFieldEvent | InviteFrameChallengeFieldEvent | InviteFrameProofMacFieldEvent | InviteFrameProofNameFieldEvent | InviteFrameWelcomeMacFieldEvent | InviteFrameWelcomeNameFieldEvent | InviteFrameRefusalReasonFieldEvent | InviteFrameRefusalRetryAfterMsFieldEvent> {
    return streamMessage(buf, InviteFrame.codec(), opts)
  }
}

export interface InviteHello {
  invitationId: Uint8Array<ArrayBuffer>
  nonce: Uint8Array<ArrayBuffer>
}

export namespace InviteHello {
  let _codec: Codec<InviteHello>

  export const codec = (): Codec<InviteHello> => {
    if (_codec == null) {
      _codec = message<InviteHello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.invitationId != null && obj.invitationId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.invitationId)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          invitationId: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.invitationId = reader.bytes()
              break
            }
            case 2: {
              obj.nonce = reader.bytes()
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
                field: `${prefix}.invitationId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.nonce`,
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

  export interface InviteHelloInvitationIdFieldEvent {
    field: '$.invitationId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteHelloNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<InviteHello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InviteHello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteHello>): InviteHello {
    return decodeMessage(buf, InviteHello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteHello>): Generator<InviteHelloInvitationIdFieldEvent | InviteHelloNonceFieldEvent> {
    return streamMessage(buf, InviteHello.codec(), opts)
  }
}

export interface InviteProof {
  mac: Uint8Array<ArrayBuffer>
  name: string
}

export namespace InviteProof {
  let _codec: Codec<InviteProof>

  export const codec = (): Codec<InviteProof> => {
    if (_codec == null) {
      _codec = message<InviteProof>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.mac != null && obj.mac.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.mac)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(18)
          w.string(obj.name)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          mac: uint8ArrayAlloc(0),
          name: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.mac = reader.bytes()
              break
            }
            case 2: {
              obj.name = reader.string()
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
                field: `${prefix}.mac`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.name`,
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

  export interface InviteProofMacFieldEvent {
    field: '$.mac'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InviteProofNameFieldEvent {
    field: '$.name'
    value: string
  }

  export function encode (obj: Partial<InviteProof>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InviteProof.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteProof>): InviteProof {
    return decodeMessage(buf, InviteProof.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteProof>): Generator<InviteProofMacFieldEvent | InviteProofNameFieldEvent> {
    return streamMessage(buf, InviteProof.codec(), opts)
  }
}

export interface InviteRefusal {
  reason: number
  retryAfterMs: number
}

export namespace InviteRefusal {
  let _codec: Codec<InviteRefusal>

  export const codec = (): Codec<InviteRefusal> => {
    if (_codec == null) {
      _codec = message<InviteRefusal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.reason != null && obj.reason !== 0)) {
          w.uint32(8)
          w.uint32(obj.reason)
        }

        if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
          w.uint32(16)
          w.uint32(obj.retryAfterMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          reason: 0,
          retryAfterMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.reason = reader.uint32()
              break
            }
            case 2: {
              obj.retryAfterMs = reader.uint32()
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
                field: `${prefix}.reason`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
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

  export interface InviteRefusalReasonFieldEvent {
    field: '$.reason'
    value: number
  }

  export interface InviteRefusalRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export function encode (obj: Partial<InviteRefusal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InviteRefusal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteRefusal>): InviteRefusal {
    return decodeMessage(buf, InviteRefusal.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InviteRefusal>): Generator<InviteRefusalReasonFieldEvent | InviteRefusalRetryAfterMsFieldEvent> {
    return streamMessage(buf, InviteRefusal.codec(), opts)
  }
}
