/** Sends one delivery: a port, so that tests own the network. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How an attempt ended: an HTTP status, or why there was none. */
export type DeliveryOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string };

export type WebhookSender = (delivery: Delivery) => Promise<DeliveryOutcome>;
