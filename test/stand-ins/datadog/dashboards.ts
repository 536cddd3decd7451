// The dashboards that the stand-in holds, by id, with what the server adds to what was sent.

import { isObject, type Json, type JsonObject, timeText } from './json.ts';

export interface HeldDashboard extends JsonObject {
  id: string;
}

export class Dashboards {
  readonly #nowEpochMs: () => number;
  readonly #held = new Map<string, HeldDashboard>();
  #addedCount = 0;
  #widgetCount = 0;

  constructor(nowEpochMs: () => number) {
    this.#nowEpochMs = nowEpochMs;
  }

  all(): readonly HeldDashboard[] {
    return [...this.#held.values()];
  }

  find(id: string): HeldDashboard | undefined {
    return this.#held.get(id);
  }

  /** Ids as recorded: three groups of three, `abc-def-ghi`. */
  add(sent: JsonObject): HeldDashboard {
    this.#addedCount += 1;
    const digits = String(this.#addedCount).padStart(3, '0');
    return this.#keep(`ddd-abc-${digits}`, sent, timeText(this.#nowEpochMs()));
  }

  /** TS:v1 UpdateDashboard: what is not sent is gone; a PUT is the whole of it. */
  replace(id: string, sent: JsonObject): HeldDashboard {
    return this.#keep(id, sent, this.#held.get(id)?.['created_at'] ?? null);
  }

  remove(id: string): boolean {
    return this.#held.delete(id);
  }

  /** recorded: widget ids, author, url, times, and null for what was not sent; `definition` comes back as sent. */
  #keep(id: string, sent: JsonObject, createdAt: Json): HeldDashboard {
    const widgets = Array.isArray(sent['widgets']) ? sent['widgets'] : [];
    const dashboard: HeldDashboard = {
      title: null,
      description: null,
      author_handle: 'frog@example.com',
      author_name: 'frog',
      layout_type: 'ordered',
      url: `/dashboard/${id}/title`,
      is_read_only: false,
      template_variables: null,
      notify_list: null,
      restricted_roles: [],
      reflow_type: null,
      tags: [],
      ...sent,
      id,
      widgets: widgets.filter(isObject).map((widget) => this.#withId(widget)),
      created_at: createdAt,
      modified_at: timeText(this.#nowEpochMs()),
    };
    this.#held.set(id, dashboard);
    return dashboard;
  }

  /** One that was sent with its id keeps it. */
  #withId(widget: JsonObject): JsonObject {
    this.#widgetCount += 1;
    return { id: 1_000_000_000_000_000 + this.#widgetCount, ...widget };
  }
}
