// @ts-nocheck
import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface FileFrame {
  offer?: FileOffer
  cancel?: Uint8Array<ArrayBuffer>
  call?: Uint8Array<ArrayBuffer>
  go?: number
  ask?: boolean
  written?: number
  done?: boolean
  refusal?: FileRefusal
}

export namespace FileFrame {
  let _codec: Codec<FileFrame>

  export const codec = (): Codec<FileFrame> => {
    if (_codec == null) {
      _codec = message<FileFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.offer != null) {
          w.uint32(10)
          FileOffer.codec().encode(obj.offer, w)
        }

        if (obj.cancel != null) {
          w.uint32(18)
          w.bytes(obj.cancel)
        }

        if (obj.call != null) {
          w.uint32(26)
          w.bytes(obj.call)
        }

        if (obj.go != null) {
          w.uint32(32)
          w.uint64Number(obj.go)
        }

        if (obj.ask != null) {
          w.uint32(40)
          w.bool(obj.ask)
        }

        if (obj.written != null) {
          w.uint32(48)
          w.uint64Number(obj.written)
        }

        if (obj.done != null) {
          w.uint32(56)
          w.bool(obj.done)
        }

        if (obj.refusal != null) {
          w.uint32(66)
          FileRefusal.codec().encode(obj.refusal, w)
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
              obj.offer = FileOffer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.offer
              })
              break
            }
            case 2: {
              obj.cancel = reader.bytes()
              break
            }
            case 3: {
              obj.call = reader.bytes()
              break
            }
            case 4: {
              obj.go = reader.uint64Number()
              break
            }
            case 5: {
              obj.ask = reader.bool()
              break
            }
            case 6: {
              obj.written = reader.uint64Number()
              break
            }
            case 7: {
              obj.done = reader.bool()
              break
            }
            case 8: {
              obj.refusal = FileRefusal.codec().decode(reader, reader.uint32(), {
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
              yield * FileOffer.codec().stream(reader, reader.uint32(), `${prefix}.offer`, {
                limits: opts.limits?.offer
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.cancel`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.call`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.go`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.ask`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.written`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.done`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield * FileRefusal.codec().stream(reader, reader.uint32(), `${prefix}.refusal`, {
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

  export interface FileFrameOfferTransferIdFieldEvent {
    field: '$.offer.transferId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileFrameOfferNameFieldEvent {
    field: '$.offer.name'
    value: string
  }

  export interface FileFrameOfferBytesFieldEvent {
    field: '$.offer.bytes'
    value: number
  }

  export interface FileFrameOfferTextFieldEvent {
    field: '$.offer.text'
    value: string
  }

  export interface FileFrameOfferCallIdFieldEvent {
    field: '$.offer.callId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileFrameOfferHopsFieldEvent {
    field: '$.offer.hops'
    value: number
  }

  export interface FileFrameCancelFieldEvent {
    field: '$.cancel'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileFrameCallFieldEvent {
    field: '$.call'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileFrameGoFieldEvent {
    field: '$.go'
    value: number
  }

  export interface FileFrameAskFieldEvent {
    field: '$.ask'
    value: boolean
  }

  export interface FileFrameWrittenFieldEvent {
    field: '$.written'
    value: number
  }

  export interface FileFrameDoneFieldEvent {
    field: '$.done'
    value: boolean
  }

  export interface FileFrameRefusalCodeFieldEvent {
    field: '$.refusal.code'
    value: string
  }

  export interface FileFrameRefusalTextFieldEvent {
    field: '$.refusal.text'
    value: string
  }

  export interface FileFrameRefusalRetryAfterMsFieldEvent {
    field: '$.refusal.retryAfterMs'
    value: number
  }

  export interface FileFrameRefusalIsRejectedFieldEvent {
    field: '$.refusal.isRejected'
    value: boolean
  }

  export function encode (obj: Partial<FileFrame>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, FileFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileFrame>): FileFrame {
    return decodeMessage(buf, FileFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileFrame>): Generator<FileFrameOfferTransferIdFieldEvent | FileFrameOfferNameFieldEvent | FileFrameOfferBytesFieldEvent | FileFrameOfferTextFieldEvent | FileFrameOfferCallIdFieldEvent | FileFrameOfferHopsFieldEvent | FileFrameCancelFieldEvent | FileFrameCallFieldEvent | FileFrameGoFieldEvent | FileFrameAskFieldEvent | FileFrameWrittenFieldEvent | FileFrameDoneFieldEvent | FileFrameRefusalCodeFieldEvent | FileFrameRefusalTextFieldEvent | FileFrameRefusalRetryAfterMsFieldEvent | FileFrameRefusalIsRejectedFieldEvent> {
    return streamMessage(buf, FileFrame.codec(), opts)
  }
}

export interface FileOffer {
  transferId: Uint8Array<ArrayBuffer>
  name: string
  bytes: number
  text: string
  callId?: Uint8Array<ArrayBuffer>
  hops: number
}

export namespace FileOffer {
  let _codec: Codec<FileOffer>

  export const codec = (): Codec<FileOffer> => {
    if (_codec == null) {
      _codec = message<FileOffer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.transferId != null && obj.transferId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.transferId)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(18)
          w.string(obj.name)
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.bytes)
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(34)
          w.string(obj.text)
        }

        if (obj.callId != null) {
          w.uint32(42)
          w.bytes(obj.callId)
        }

        if ((obj.hops != null && obj.hops !== 0)) {
          w.uint32(48)
          w.uint32(obj.hops)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          transferId: uint8ArrayAlloc(0),
          name: '',
          bytes: 0,
          text: '',
          hops: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.transferId = reader.bytes()
              break
            }
            case 2: {
              obj.name = reader.string()
              break
            }
            case 3: {
              obj.bytes = reader.uint64Number()
              break
            }
            case 4: {
              obj.text = reader.string()
              break
            }
            case 5: {
              obj.callId = reader.bytes()
              break
            }
            case 6: {
              obj.hops = reader.uint32()
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
                field: `${prefix}.transferId`,
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
            case 3: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint64Number()
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
                field: `${prefix}.callId`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.hops`,
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

  export interface FileOfferTransferIdFieldEvent {
    field: '$.transferId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileOfferNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface FileOfferBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export interface FileOfferTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface FileOfferCallIdFieldEvent {
    field: '$.callId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface FileOfferHopsFieldEvent {
    field: '$.hops'
    value: number
  }

  export function encode (obj: Partial<FileOffer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, FileOffer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileOffer>): FileOffer {
    return decodeMessage(buf, FileOffer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileOffer>): Generator<FileOfferTransferIdFieldEvent | FileOfferNameFieldEvent | FileOfferBytesFieldEvent | FileOfferTextFieldEvent | FileOfferCallIdFieldEvent | FileOfferHopsFieldEvent> {
    return streamMessage(buf, FileOffer.codec(), opts)
  }
}

export interface FileRefusal {
  code: string
  text: string
  retryAfterMs: number
  isRejected: boolean
}

export namespace FileRefusal {
  let _codec: Codec<FileRefusal>

  export const codec = (): Codec<FileRefusal> => {
    if (_codec == null) {
      _codec = message<FileRefusal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(10)
          w.string(obj.code)
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(18)
          w.string(obj.text)
        }

        if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
          w.uint32(24)
          w.uint32(obj.retryAfterMs)
        }

        if ((obj.isRejected != null && obj.isRejected !== false)) {
          w.uint32(32)
          w.bool(obj.isRejected)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: '',
          text: '',
          retryAfterMs: 0,
          isRejected: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = reader.string()
              break
            }
            case 2: {
              obj.text = reader.string()
              break
            }
            case 3: {
              obj.retryAfterMs = reader.uint32()
              break
            }
            case 4: {
              obj.isRejected = reader.bool()
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
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.isRejected`,
                value: reader.bool()
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

  export interface FileRefusalCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface FileRefusalTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface FileRefusalRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export interface FileRefusalIsRejectedFieldEvent {
    field: '$.isRejected'
    value: boolean
  }

  export function encode (obj: Partial<FileRefusal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, FileRefusal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileRefusal>): FileRefusal {
    return decodeMessage(buf, FileRefusal.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FileRefusal>): Generator<FileRefusalCodeFieldEvent | FileRefusalTextFieldEvent | FileRefusalRetryAfterMsFieldEvent | FileRefusalIsRejectedFieldEvent> {
    return streamMessage(buf, FileRefusal.codec(), opts)
  }
}
