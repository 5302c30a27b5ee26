/** node-rdkafka: librdkafka by its event API. */
import rdkafka from 'node-rdkafka';
import { openEvents } from './rdkafka-events.mjs';

export const open = (job) => openEvents(rdkafka.Producer, job);
