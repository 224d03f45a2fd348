import { redactTextOrNull } from './redact.js';
import type { FailureCode, TaskError } from './task.js';

/** Codes of failed tasks and what they mean. */
export interface FailureTable {
  /** Codes that are believed rather than their text. */
  readonly codes?: Readonly<Record<string, FailureCode>>;
  /** Families of codes, believed where the text has no known wording. */
  readonly families?: readonly (readonly [RegExp, FailureCode])[];
}

/**
 * A failure in the vocabulary that all providers share: by the provider's own table of codes first, by its text where the
 * code is not listed, then by the family of the code; `UNKNOWN` where none of them is known.
 */
export function taskError(
  upstreamCode: string | null,
  text: string | null,
  { codes = {}, families = [] }: FailureTable = {},
): TaskError {
  const code = upstreamCode ?? '';
  const listed = Object.hasOwn(codes, code) ? codes[code] : undefined;
  const fromText = text === null ? undefined : failureCodeOf(text);
  const related = families.find(([family]) => family.test(code))?.[1];
  return {
    code: listed ?? fromText ?? related ?? 'UNKNOWN',
    detail: redactTextOrNull(text),
    upstream: { code: redactTextOrNull(upstreamCode) },
  };
}

/**
 * Wordings of failure texts and what they mean, in the order in which they decide: a cause stands before its effect.
 * Where a wording can mean several things it is left out: `UNKNOWN` misleads nobody.
 */
const WORDINGS: readonly (readonly [FailureCode, readonly RegExp[]])[] = [
  [
    'CANCELLED',
    // What was not cancelled, cannot be or is still to be, is not; connections and transactions end by themselves.
    [
      /(?<!(?:(?:not|never) (?:yet )?(?:be |been )?|to be ))\bcancel+ed\b/,
      /\b(?:terminated|aborted|stopped) by (?:an? |the )?(?:user|owner|operator|admin)/,
    ],
  ],
  // A parameter that is called a timeout has not run out, a number that is incorrect is not too high.
  [
    'INVALID_REQUEST',
    [
      /\bparameter ?name ?[:[]/,
      /\b(?:invalid|incorrect|illegal|unsupported) (?:[\w'"]+ ){0,4}(?:parameters?: )?['"]?(?:time-?out|number|quota|permissions?)\b/,
      /\btime-?out:? (?:\w+ )?(?:must|should|cannot be|exceeds|is (?:too|out of|invalid|incorrect|illegal))\b/,
    ],
  ],
  [
    'TIMED_OUT',
    [
      /\b(?:timed[ -]?out|times out)\b|\btime-?out\b(?! (?:value|setting|parameter)\b)/,
      /\bexceed(?:s|ed) (?:the |its )?time limit\b|\bdeadline exceeded\b/,
    ],
  ],
  // Before every other shortage: permissions can be insufficient, too. And credentials that are no good open nothing.
  [
    'PERMISSION_DENIED',
    [
      /\b(?:no|not|without|insufficient|lacks?|missing|need|required|only has) (?:\w+ ){0,5}(?:permissions?|rights|privileges?)\b/,
      /\b(?:permissions?|access|authori[sz]ation|operation) (?:(?:is|are|was|has been) )?(?:denied|restricted)\b/,
      /\b(?:permissions?|authentication|authori[sz]ation) (?:is |are )?required\b|\bpolicy does(?:n't| not) allow\b/,
      /\b(?:unauthori[sz]ed|real-name|not (?:authori[sz]ed|permitted|allowed to)|not belong to your)\b/,
      // Not the forbidden characters of a name, nor what must not be done just now.
      /\bforbidden\b(?! (?:characters?|words?|\w+ing)\b)/,
      /\b(?:you|user|account|tenant|role) (?:is |are )?not allowed\b|\bread-only (?:permissions?|access)\b/,
      /\b(?:account|provider|tenant|user) (?:has been|is) (?:frozen|suspended|restricted|locked)\b/,
      /\bby (?:the |its )?(?:\w+ )?owner\b|\bowner is another\b/,
      /\bbelongs? to (?:different|another|other) (?:tenants?|users?|accounts?)\b/,
      /\b(?:token|session)\b[^.]*\b(?:expired|invalid|incorrect|missing|contains no|does not contain)\b/,
      /\b(?:expired|invalid|incorrect|missing) token\b/,
    ],
  ],
  [
    'ALREADY_EXISTS',
    [
      /\balready (?:exists?|defined|taken|registered|been (?:used|created|registered|defined))\b/,
      /\b(?:duplicated?|is repeated|has been registered|name is (?:already )?(?:used|in use))\b/,
    ],
  ],
  // How long and how large one thing is, is a matter of the request; how many there are is one of quotas.
  [
    'INVALID_REQUEST',
    [
      /\b(?:size|length)\b(?![^.]*\bquota\b)[^.]*\b(?:exceeds?|exceeded|limit|out of|must)\b/,
      /\b(?:more than|maximum of) \d+ characters\b|\btoo (?:long|short|large|small|big|many characters)\b/,
      /\b(?:less|smaller|larger|greater|longer|shorter) than\b|\bmust be (?:within|between|either|\d)/,
    ],
  ],
  [
    'QUOTA_EXCEEDED',
    [
      /\b(?:insufficient|sold out|throttled|too (?:many|frequent)|only once per)\b|\bflow control\b(?! polic)/,
      // A quota is also a thing that can be asked for, or missing.
      /\b(?:exceed(?:s|ed)?|reached|over|out of)\b[^.]*\bquota\b|\bno quota\b/,
      /\bquota\b[^.]*\b(?:exceed(?:s|ed)|reached|used up|exhausted)\b/,
      /\b(?:reached|exceed(?:s|ed)?) (?:the |its |your )?(?:\w+ )?(?:limit|maximum|upper|max)\b/,
      /\bmaximum (?:number|allowed|limit)\b[^.]*\breached\b/,
      /\bnot enough\b/,
    ],
  ],
  // The state of something, now.
  [
    'CONFLICT',
    [
      /\bconflict|\b(?:in use|in[ -]progress|still running|another (?:task|operation))\b/,
      /\bbeing (?:\w+ by|used|processed|created|exported|imported|published|deleted|backed up|reclaimed)\b/,
      /\b(?:current|present) (?:state|stage|status)\b|\bnot in (?:the |a )?\w+ state\b|\bonly when\b[^.]*\bstate\b/,
      /\bnot allowed\b[^.]*\b(?:state|status)\b/,
      /\balready (?:being |been )?(?:used|bound|binded|published|locked|enabled|associated|attached)\b/,
      /\bhas been (?:bound|attached|associated) (?:to|with)\b/,
      /\b(?:is|are) (?:currently )?(?:bound|referenced|associated|locked)\b|\b(?:used by another|is enabled for)\b/,
      /\bbecause it (?:has been|contains)\b(?! (?:invalid|illegal|unsupported)\b)|\bcontains published\b/,
    ],
  ],
  [
    'NOT_FOUND',
    [/\b(?:do(?:es)? not exist|not exists?|(?:not|cannot) (?:be )?found|no such|no \w+ was found)\b|\bnon-?exist/],
  ],
  [
    'UPSTREAM_FAULT',
    [
      /\b(?:cannot be (?:connected|reached)|unreachable|service (?:is )?(?:\w+ )?unavailable|is busy)\b/,
      /\bconnection (?:is |was )?(?:refused|reset|closed|terminated)\b/,
      // Whatever was invalid in there, and whatever must be done about it.
      /\b(?:system|internal|server) (?:\w+ )?(?:error|exception|fault)\b/,
    ],
  ],
  [
    'INVALID_REQUEST',
    [
      /\b(?:invalid|illegal|incorrect|malformed|unsupported|unknown (?:type|format))\b|\b(?:type|source|format) is unknown\b/,
      /\b(?:format|syntax|parameter) error\b|\bbad request\b|\bmust\b|\boutside the\b|\bout of range\b/,
      /\b(?:not (?:\w+ )?supported|not support|of the same|same as|at the same time)\b/,
      /\b(?:is|are) (?:empty|required)\b|\bnot (?:been )?(?:specified|provided|defined|given|set|encoded|filed)\b/,
      /\bonly (?:[\w()-]+,? ){1,8}(?:is|are) allowed\b|\bcan (?:only be|be \w+ only)\b|\byourself\b/,
      /\bcannot (?:start|end|contain)\b|\bvalidation (?:failed|error)\b|\bis not (?:an? |valid\b)/,
      // With a reason that has no word above it is somebody's, and nobody knows whose.
      /\bcannot be (?!(?:accessed|changed|deleted|modified|updated|performed by)\b)(?!.*\b(?:because|due to)\b)/,
      /\b(?:different|inconsistent|mismatch)|\bnot match(?:ed)?\b|\bvalue of \w+ is not\b|\bcertificate has expired\b/,
    ],
  ],
  [
    'UPSTREAM_FAULT',
    [
      /\b(?:service|unknown) (?:\w+ )?(?:error|exception|fault)\b|\b(?:exception|error) occurred\b/,
      // Again only without a reason; and what cannot be parsed may be anybody's.
      /(?<!\bresolution )\bfail(?:ed|ure)\b(?! to parse\b)(?!.*\b(?:because|due to)\b)/,
    ],
  ],
];

/** Characters that are read: a reason stands near the beginning, and an import may bring thousands of texts. */
const MAX_READ = 300;

/** What a failure text means; undefined where no wording is known. Case, Markdown and line breaks do not matter. */
function failureCodeOf(text: string): FailureCode | undefined {
  const plain = text.slice(0, MAX_READ).replaceAll('*', '').replace(/\s+/g, ' ').toLowerCase();
  return WORDINGS.find(([, wordings]) => wordings.some((wording) => wording.test(plain)))?.[0];
}
