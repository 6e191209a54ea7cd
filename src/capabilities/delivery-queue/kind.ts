import type { CollectionSpec } from '../../foundation/stores/index.ts';
import type { Outbound } from '../outbound/index.ts';

export const deliveryStates = ['pending', 'delivered', 'given-up'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What the queue knows of one delivery; a kind adds what it is about. */
export interface Delivery {
  id: string;
  /** Deliveries of one key are one line: a kind that is strict in its order waits for the earlier ones. */
  key: string;
  state: DeliveryState;
  attempts: number;
  /** What the last attempt met; empty after none or a good one. */
  problem: string;
  /** Epoch seconds, as all. */
  createdAt: number;
  triedAt: number;
  /** When someone last wanted it to be tried again although it was given up. */
  renewedAt?: number;
  /** When the record is deleted. */
  keptUntil: number;
}

/** Where something is posted; what it is, is made when it is sent. */
export interface Message {
  address: string;
  content(): Promise<Content>;
}
export type Content = Parameters<Outbound['post']>[1];

/** What the job of a delivery carries, enough to make the record. */
export interface Payload {
  id: string;
  createdAt: number;
  /** Of the job that takes up again what was given up: of that renewal. */
  renewedAt?: number;
}

/** One kind of delivery: what differs between them, and nothing else. */
export interface DeliveryKind<D extends Delivery, P extends Payload> {
  /** The kind of its jobs. */
  job: string;
  /** Its records. The queue needs the indexes `key` (key, state, id) and `kept` (keptUntil). */
  spec: CollectionSpec;
  /** How long one is tried before it is given up. */
  triedSeconds: number;
  /** How long one that is settled is shown. */
  keptSeconds: number;
  /** The longest pause between two attempts. */
  longestPauseSeconds: number;
  /** Whether one waits until the earlier ones of its key are settled. */
  isStrict: boolean;
  /** What the record says beside what the queue knows. */
  record(payload: P): Omit<D, Exclude<keyof Delivery, 'id' | 'key' | 'createdAt'>>;
  /** Who is asked: each receiver has a few places, and rests after a failure. */
  receiver(doc: D): string;
  /** Asked for each attempt. @returns why there is nothing to tell any more: it is given up */
  message(doc: D): Promise<Message | { lost: string }>;
  /** Hears of every attempt, once it is over. @param problem empty: it was good */
  tried?(doc: D, problem: string): Promise<void>;
  /** Hears of the end, once. */
  settled?(doc: D): Promise<void>;
}
