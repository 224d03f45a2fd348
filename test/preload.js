// Jest cannot resolve a CommonJS package that requires ESM-only Nest while Nest itself is still loading: load Nest first.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
