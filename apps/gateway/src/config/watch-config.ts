import 'reflect-metadata';
import { IsInt, IsNumber, Max, Min } from 'class-validator';

/** Requests that wait for a change (`Prefer: wait`). */
export class WaitsConfig {
  /** Longest wait; what is asked for beyond is cut to it. With a last lookup it is to end before proxies give up, mostly after 60 s. */
  @IsInt() @Min(1) @Max(55) readonly maxSeconds: number = 50;
  /** Waiting requests of one caller; more are answered at once. */
  @IsInt() @Min(1) @Max(1_000_000) readonly perCaller: number = 100;
  /** Waiting requests of this process; more are answered at once, with 0 all of them. */
  @IsInt() @Min(0) @Max(1_000_000) readonly max: number = 10_000;
}

/** Streams of events. */
export class StreamsConfig {
  /** Open streams of one caller; more are refused. */
  @IsInt() @Min(1) @Max(1_000_000) readonly perCaller: number = 50;
  /** Open streams of this process; more are refused, with 0 all of them. */
  @IsInt() @Min(0) @Max(1_000_000) readonly max: number = 10_000;
  /** After which a stream ends and its reader comes again, up to a fifth earlier. */
  @IsNumber() @Min(0.1) @Max(86_400) readonly lifeSeconds: number = 900;
  /** Silence after which a comment is sent: well below the 35 s after which clients give a stream up. */
  @IsNumber() @Min(0.1) @Max(30) readonly heartbeatSeconds: number = 15;
}

/** Lookups for those who wait. */
export class PollsConfig {
  /** Of each provider and region, from this process; where more are due, each is made later. */
  @IsNumber() @Min(0.1) @Max(10_000) readonly perSecond: number = 50;
}
