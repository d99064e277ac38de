// @ts-nocheck
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Signal {
  offer?: Offer
  go?: number
  done?: Done
  refusal?: number
  echo?: Uint8Array<ArrayBuffer>
}

export namespace Signal {
  let _codec: Codec<Signal>

  export const codec = (): Codec<Signal> => {
    if (_codec == null) {
      _codec = message<Signal>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.offer != null) {
          w.uint32(10)
          Offer.codec().encode(obj.offer, w)
        }

        if (obj.go != null) {
          w.uint32(16)
          w.uint32(obj.go)
        }

        if (obj.done != null) {
          w.uint32(26)
          Done.codec().encode(obj.done, w)
        }

        if (obj.refusal != null) {
          w.uint32(32)
          w.uint32(obj.refusal)
        }

        if (obj.echo != null) {
          w.uint32(42)
          w.bytes(obj.echo)
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
              obj.offer = Offer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.offer
              })
              break
            }
            case 2: {
              obj.go = reader.uint32()
              break
            }
            case 3: {
              obj.done = Done.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.done
              })
              break
            }
            case 4: {
              obj.refusal = reader.uint32()
              break
            }
            case 5: {
              obj.echo = reader.bytes()
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
              yield * Offer.codec().stream(reader, reader.uint32(), `${prefix}.offer`, {
                limits: opts.limits?.offer
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.go`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield * Done.codec().stream(reader, reader.uint32(), `${prefix}.done`, {
                limits: opts.limits?.done
              })

              break
            }
            case 4: {
              yield {
                field: `${prefix}.refusal`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.echo`,
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

  export interface SignalOfferPlaneFieldEvent {
    field: '$.offer.plane'
    value: number
  }

  export interface SignalOfferPurposeFieldEvent {
    field: '$.offer.purpose'
    value: number
  }

  export interface SignalOfferTokenFieldEvent {
    field: '$.offer.token'
    value: Uint8Array<ArrayBuffer>
  }

  export interface SignalOfferStreamIdFieldEvent {
    field: '$.offer.streamId'
    value: number
  }

  export interface SignalOfferNatFieldEvent {
    field: '$.offer.nat'
    value: number
  }

  export interface SignalOfferCandidatesHostFieldEvent {
    field: '$.offer.candidates[].host'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SignalOfferCandidatesPortFieldEvent {
    field: '$.offer.candidates[].port'
    value: number
    index: number
  }

  export interface SignalOfferCandidatesAttestationTimeMsFieldEvent {
    field: '$.offer.candidates[].attestation.timeMs'
    value: bigint
    index: number
  }

  export interface SignalOfferCandidatesAttestationSignatureFieldEvent {
    field: '$.offer.candidates[].attestation.signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface SignalOfferGatherMsFieldEvent {
    field: '$.offer.gatherMs'
    value: number
  }

  export interface SignalGoFieldEvent {
    field: '$.go'
    value: number
  }

  export interface SignalDoneIsDirectFieldEvent {
    field: '$.done.isDirect'
    value: boolean
  }

  export interface SignalDoneWhyFieldEvent {
    field: '$.done.why'
    value: string
  }

  export interface SignalRefusalFieldEvent {
    field: '$.refusal'
    value: number
  }

  export interface SignalEchoFieldEvent {
    field: '$.echo'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Signal>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Signal.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signal>): Signal {
    return decodeMessage(buf, Signal.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signal>): Generator<SignalOfferPlaneFieldEvent | SignalOfferPurposeFieldEvent | SignalOfferTokenFieldEvent | SignalOfferStreamIdFieldEvent | SignalOfferNatFieldEvent | SignalOfferCandidatesHostFieldEvent | SignalOfferCandidatesPortFieldEvent | SignalOfferCandidatesAttestationTimeMsFieldEvent | SignalOfferCandidatesAttestationSignatureFieldEvent | SignalOfferGatherMsFieldEvent | SignalGoFieldEvent | SignalDoneIsDirectFieldEvent | SignalDoneWhyFieldEvent | SignalRefusalFieldEvent | SignalEchoFieldEvent> {
    return streamMessage(buf, Signal.codec(), opts)
  }
}

export interface Offer {
  plane: number
  purpose: number
  token: Uint8Array<ArrayBuffer>
  streamId: number
  nat: number
  candidates: Candidate[]
  gatherMs: number
}

export namespace Offer {
  let _codec: Codec<Offer>

  export const codec = (): Codec<Offer> => {
    if (_codec == null) {
      _codec = message<Offer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.plane != null && obj.plane !== 0)) {
          w.uint32(8)
          w.uint32(obj.plane)
        }

        if ((obj.purpose != null && obj.purpose !== 0)) {
          w.uint32(16)
          w.uint32(obj.purpose)
        }

        if ((obj.token != null && obj.token.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.token)
        }

        if ((obj.streamId != null && obj.streamId !== 0)) {
          w.uint32(32)
          w.uint32(obj.streamId)
        }

        if ((obj.nat != null && obj.nat !== 0)) {
          w.uint32(40)
          w.uint32(obj.nat)
        }

        if (obj.candidates != null && obj.candidates.length > 0) {
          for (const value of obj.candidates) {
            w.uint32(50)
            Candidate.codec().encode(value, w)
          }
        }

        if ((obj.gatherMs != null && obj.gatherMs !== 0)) {
          w.uint32(56)
          w.uint32(obj.gatherMs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          plane: 0,
          purpose: 0,
          token: uint8ArrayAlloc(0),
          streamId: 0,
          nat: 0,
          candidates: [],
          gatherMs: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.plane = reader.uint32()
              break
            }
            case 2: {
              obj.purpose = reader.uint32()
              break
            }
            case 3: {
              obj.token = reader.bytes()
              break
            }
            case 4: {
              obj.streamId = reader.uint32()
              break
            }
            case 5: {
              obj.nat = reader.uint32()
              break
            }
            case 6: {
              if (opts.limits?.candidates != null && obj.candidates.length === opts.limits.candidates) {
                throw new MaxLengthError('Decode error - repeated field "candidates" had too many elements')
              }

              obj.candidates.push(Candidate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.candidates$
              }))
              break
            }
            case 7: {
              obj.gatherMs = reader.uint32()
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
          candidates: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.plane`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.purpose`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.token`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.streamId`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.nat`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              if (opts.limits?.candidates != null && obj.candidates === opts.limits.candidates) {
                throw new MaxLengthError('Streaming decode error - repeated field "candidates" had too many elements')
              }

              for (const evt of Candidate.codec().stream(reader, reader.uint32(), `${prefix}.candidates[]`, {
                limits: opts.limits?.candidates$
              })) {
                yield {
                  ...evt,
                  index: obj.candidates
                }
              }

              obj.candidates++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.gatherMs`,
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

  export interface OfferPlaneFieldEvent {
    field: '$.plane'
    value: number
  }

  export interface OfferPurposeFieldEvent {
    field: '$.purpose'
    value: number
  }

  export interface OfferTokenFieldEvent {
    field: '$.token'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OfferStreamIdFieldEvent {
    field: '$.streamId'
    value: number
  }

  export interface OfferNatFieldEvent {
    field: '$.nat'
    value: number
  }

  export interface OfferCandidatesHostFieldEvent {
    field: '$.candidates[].host'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OfferCandidatesPortFieldEvent {
    field: '$.candidates[].port'
    value: number
    index: number
  }

  export interface OfferCandidatesAttestationTimeMsFieldEvent {
    field: '$.candidates[].attestation.timeMs'
    value: bigint
    index: number
  }

  export interface OfferCandidatesAttestationSignatureFieldEvent {
    field: '$.candidates[].attestation.signature'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface OfferGatherMsFieldEvent {
    field: '$.gatherMs'
    value: number
  }

  export function encode (obj: Partial<Offer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Offer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Offer {
    return decodeMessage(buf, Offer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Offer>): Generator<OfferPlaneFieldEvent | OfferPurposeFieldEvent | OfferTokenFieldEvent | OfferStreamIdFieldEvent | OfferNatFieldEvent | OfferCandidatesHostFieldEvent | OfferCandidatesPortFieldEvent | OfferCandidatesAttestationTimeMsFieldEvent | OfferCandidatesAttestationSignatureFieldEvent | OfferGatherMsFieldEvent> {
    return streamMessage(buf, Offer.codec(), opts)
  }
}

export interface Candidate {
  host: Uint8Array<ArrayBuffer>
  port: number
  attestation?: Attestation
}

export namespace Candidate {
  let _codec: Codec<Candidate>

  export const codec = (): Codec<Candidate> => {
    if (_codec == null) {
      _codec = message<Candidate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.host != null && obj.host.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.host)
        }

        if ((obj.port != null && obj.port !== 0)) {
          w.uint32(16)
          w.uint32(obj.port)
        }

        if (obj.attestation != null) {
          w.uint32(26)
          Attestation.codec().encode(obj.attestation, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          host: uint8ArrayAlloc(0),
          port: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.host = reader.bytes()
              break
            }
            case 2: {
              obj.port = reader.uint32()
              break
            }
            case 3: {
              obj.attestation = Attestation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.attestation
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
                field: `${prefix}.host`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.port`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield * Attestation.codec().stream(reader, reader.uint32(), `${prefix}.attestation`, {
                limits: opts.limits?.attestation
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

  export interface CandidateHostFieldEvent {
    field: '$.host'
    value: Uint8Array<ArrayBuffer>
  }

  export interface CandidatePortFieldEvent {
    field: '$.port'
    value: number
  }

  export interface CandidateAttestationTimeMsFieldEvent {
    field: '$.attestation.timeMs'
    value: bigint
  }

  export interface CandidateAttestationSignatureFieldEvent {
    field: '$.attestation.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Candidate>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Candidate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Candidate>): Candidate {
    return decodeMessage(buf, Candidate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Candidate>): Generator<CandidateHostFieldEvent | CandidatePortFieldEvent | CandidateAttestationTimeMsFieldEvent | CandidateAttestationSignatureFieldEvent> {
    return streamMessage(buf, Candidate.codec(), opts)
  }
}

export interface Attestation {
  timeMs: bigint
  signature: Uint8Array<ArrayBuffer>
}

export namespace Attestation {
  let _codec: Codec<Attestation>

  export const codec = (): Codec<Attestation> => {
    if (_codec == null) {
      _codec = message<Attestation>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.timeMs != null && obj.timeMs !== 0n)) {
          w.uint32(8)
          w.uint64(obj.timeMs)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          timeMs: 0n,
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.timeMs = reader.uint64()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
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
                field: `${prefix}.timeMs`,
                value: reader.uint64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
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

  export interface AttestationTimeMsFieldEvent {
    field: '$.timeMs'
    value: bigint
  }

  export interface AttestationSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Attestation>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Attestation.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Attestation>): Attestation {
    return decodeMessage(buf, Attestation.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Attestation>): Generator<AttestationTimeMsFieldEvent | AttestationSignatureFieldEvent> {
    return streamMessage(buf, Attestation.codec(), opts)
  }
}

export interface Done {
  isDirect: boolean
  why: string
}

export namespace Done {
  let _codec: Codec<Done>

  export const codec = (): Codec<Done> => {
    if (_codec == null) {
      _codec = message<Done>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.isDirect != null && obj.isDirect !== false)) {
          w.uint32(8)
          w.bool(obj.isDirect)
        }

        if ((obj.why != null && obj.why !== '')) {
          w.uint32(18)
          w.string(obj.why)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          isDirect: false,
          why: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.isDirect = reader.bool()
              break
            }
            case 2: {
              obj.why = reader.string()
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
                field: `${prefix}.isDirect`,
                value: reader.bool()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.why`,
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

  export interface DoneIsDirectFieldEvent {
    field: '$.isDirect'
    value: boolean
  }

  export interface DoneWhyFieldEvent {
    field: '$.why'
    value: string
  }

  export function encode (obj: Partial<Done>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Done.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Done {
    return decodeMessage(buf, Done.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Generator<DoneIsDirectFieldEvent | DoneWhyFieldEvent> {
    return streamMessage(buf, Done.codec(), opts)
  }
}
