// @ts-nocheck
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface InstanceRecord {
  instanceName: string
  seq: number
  addrs: Uint8Array<ArrayBuffer>[]
  card?: AgentCard
  bootId: Uint8Array<ArrayBuffer>
  recipientBootIds: Uint8Array<ArrayBuffer>[]
  isLeaving: boolean
  expiresAt?: number
}

export namespace InstanceRecord {
  let _codec: Codec<InstanceRecord>

  export const codec = (): Codec<InstanceRecord> => {
    if (_codec == null) {
      _codec = message<InstanceRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.instanceName != null && obj.instanceName !== '')) {
          w.uint32(10)
          w.string(obj.instanceName)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.seq)
        }

        if (obj.addrs != null && obj.addrs.length > 0) {
          for (const value of obj.addrs) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (obj.card != null) {
          w.uint32(34)
          AgentCard.codec().encode(obj.card, w)
        }

        if ((obj.bootId != null && obj.bootId.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.bootId)
        }

        if (obj.recipientBootIds != null && obj.recipientBootIds.length > 0) {
          for (const value of obj.recipientBootIds) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if ((obj.isLeaving != null && obj.isLeaving !== false)) {
          w.uint32(56)
          w.bool(obj.isLeaving)
        }

        if (obj.expiresAt != null) {
          w.uint32(64)
          w.uint64Number(obj.expiresAt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          instanceName: '',
          seq: 0,
          addrs: [],
          bootId: uint8ArrayAlloc(0),
          recipientBootIds: [],
          isLeaving: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.instanceName = reader.string()
              break
            }
            case 2: {
              obj.seq = reader.uint64Number()
              break
            }
            case 3: {
              if (opts.limits?.addrs != null && obj.addrs.length === opts.limits.addrs) {
                throw new MaxLengthError('Decode error - repeated field "addrs" had too many elements')
              }

              obj.addrs.push(reader.bytes())
              break
            }
            case 4: {
              obj.card = AgentCard.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.card
              })
              break
            }
            case 5: {
              obj.bootId = reader.bytes()
              break
            }
            case 6: {
              if (opts.limits?.recipientBootIds != null && obj.recipientBootIds.length === opts.limits.recipientBootIds) {
                throw new MaxLengthError('Decode error - repeated field "recipientBootIds" had too many elements')
              }

              obj.recipientBootIds.push(reader.bytes())
              break
            }
            case 7: {
              obj.isLeaving = reader.bool()
              break
            }
            case 8: {
              obj.expiresAt = reader.uint64Number()
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
          addrs: 0,
          recipientBootIds: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.instanceName`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              if (opts.limits?.addrs != null && obj.addrs === opts.limits.addrs) {
                throw new MaxLengthError('Streaming decode error - repeated field "addrs" had too many elements')
              }

              yield {
                field: `${prefix}.addrs[]`,
                index: obj.addrs,
                value: reader.bytes()
              }

              obj.addrs++

              break
            }
            case 4: {
              yield * AgentCard.codec().stream(reader, reader.uint32(), `${prefix}.card`, {
                limits: opts.limits?.card
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.bootId`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              if (opts.limits?.recipientBootIds != null && obj.recipientBootIds === opts.limits.recipientBootIds) {
                throw new MaxLengthError('Streaming decode error - repeated field "recipientBootIds" had too many elements')
              }

              yield {
                field: `${prefix}.recipientBootIds[]`,
                index: obj.recipientBootIds,
                value: reader.bytes()
              }

              obj.recipientBootIds++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.isLeaving`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.expiresAt`,
                value: reader.uint64Number()
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

  export interface InstanceRecordInstanceNameFieldEvent {
    field: '$.instanceName'
    value: string
  }

  export interface InstanceRecordSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface InstanceRecordAddrsFieldEvent {
    field: '$.addrs[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstanceRecordCardDescriptionFieldEvent {
    field: '$.card.description'
    value: string
  }

  export interface InstanceRecordCardSkillsFieldEvent {
    field: '$.card.skills[]'
    index: number
    value: string
  }

  export interface InstanceRecordBootIdFieldEvent {
    field: '$.bootId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstanceRecordRecipientBootIdsFieldEvent {
    field: '$.recipientBootIds[]'
    index: number
    value: Uint8Array<ArrayBuffer>
  }

  export interface InstanceRecordIsLeavingFieldEvent {
    field: '$.isLeaving'
    value: boolean
  }

  export interface InstanceRecordExpiresAtFieldEvent {
    field: '$.expiresAt'
    value: number
  }

  export function encode (obj: Partial<InstanceRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, InstanceRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InstanceRecord>): InstanceRecord {
    return decodeMessage(buf, InstanceRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<InstanceRecord>): Generator<InstanceRecordInstanceNameFieldEvent | InstanceRecordSeqFieldEvent | InstanceRecordAddrsFieldEvent | InstanceRecordCardDescriptionFieldEvent | InstanceRecordCardSkillsFieldEvent | InstanceRecordBootIdFieldEvent | InstanceRecordRecipientBootIdsFieldEvent | InstanceRecordIsLeavingFieldEvent | InstanceRecordExpiresAtFieldEvent> {
    return streamMessage(buf, InstanceRecord.codec(), opts)
  }
}

export interface AgentCard {
  description: string
  skills: string[]
}

export namespace AgentCard {
  let _codec: Codec<AgentCard>

  export const codec = (): Codec<AgentCard> => {
    if (_codec == null) {
      _codec = message<AgentCard>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.description != null && obj.description !== '')) {
          w.uint32(10)
          w.string(obj.description)
        }

        if (obj.skills != null && obj.skills.length > 0) {
          for (const value of obj.skills) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          description: '',
          skills: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.description = reader.string()
              break
            }
            case 2: {
              if (opts.limits?.skills != null && obj.skills.length === opts.limits.skills) {
                throw new MaxLengthError('Decode error - repeated field "skills" had too many elements')
              }

              obj.skills.push(reader.string())
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
          skills: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.description`,
                value: reader.string()
              }
              break
            }
            case 2: {
              if (opts.limits?.skills != null && obj.skills === opts.limits.skills) {
                throw new MaxLengthError('Streaming decode error - repeated field "skills" had too many elements')
              }

              yield {
                field: `${prefix}.skills[]`,
                index: obj.skills,
                value: reader.string()
              }

              obj.skills++

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

  export interface AgentCardDescriptionFieldEvent {
    field: '$.description'
    value: string
  }

  export interface AgentCardSkillsFieldEvent {
    field: '$.skills[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<AgentCard>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, AgentCard.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AgentCard>): AgentCard {
    return decodeMessage(buf, AgentCard.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AgentCard>): Generator<AgentCardDescriptionFieldEvent | AgentCardSkillsFieldEvent> {
    return streamMessage(buf, AgentCard.codec(), opts)
  }
}
