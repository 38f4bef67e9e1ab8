/** Real S3 and SQS wire servers for tests, here and in other packages. Never part of a program. */
export { createResources, type WireResources } from './create-resources.js';
export { partProxy, type PartProxy } from './part-proxy.js';
export { startFauxqs } from './start-fauxqs.js';
export { startMoto } from './start-moto.js';
export { WIRE_ACCESS } from './wire-server.js';
export type { WireServer } from './wire-server.js';

/*
 * Neither server is AWS. This is where they are known to differ, so that no test is trusted for what it cannot show.
 *
 *   behaviour                                       AWS               moto 5.2               fauxqs 1.9.2
 *   S3 conditional writes (If-None-Match, If-Match) 412, 409, 404     412, 404; never 409    ignored: not used for S3
 *   S3 wrong checksum or MD5                        refused           accepted               -
 *   S3 wrong signature, expired or foreign key      403               accepted               -
 *   S3 conditions of CopyObject                     honoured          ignored                -
 *   S3 part uploaded after an abort                 404               500                    -
 *   SQS receipt from before a redelivery            ignored           still deletes, frees   ignored, as AWS
 *   SQS visibility of a message that is visible     400               200                    400
 *   SQS receipt that is no receipt                  404 invalid       404 invalid            another error name
 *   SQS message with characters above U+FFFF        accepted          accepted               refused
 *   SQS moving messages back from a dead-letter q.  yes               no                     no
 *   SQS duplicates, loss of order                   possible          never seen             never seen
 */
