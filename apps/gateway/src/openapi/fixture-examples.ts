import type { TaskFacts } from '@gateway/tasks';

/** Written by `npm run openapi` from the fixtures of the providers. */
export const FIXTURE_EXAMPLES: readonly {
  readonly name: string;
  readonly title: string;
  readonly provider: string;
  readonly hasArtifact: boolean;
  readonly task: TaskFacts;
}[] = [
  {
    "name": "apig-import-succeeded",
    "title": "import that created one API",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "d9ce8c9eede54b3f841ec324fe0bfdc2",
      "status": "succeeded",
      "done": true,
      "outcome": "success",
      "upstreamStatus": "succeed",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": {
        "groupId": "9100ae30705947cc9543d37cd7fb388c",
        "document": {
          "id": "de1852ab6c5e4090b0bd88a02058e650",
          "result": "Success"
        },
        "succeeded": [
          {
            "method": "GET",
            "path": "/test1",
            "id": "ee93ce6815f04896b301452982b92222",
            "action": "create"
          }
        ],
        "failed": [],
        "ignored": [],
        "unread": null
      },
      "error": null,
      "resources": [
        {
          "type": "api",
          "id": "ee93ce6815f04896b301452982b92222",
          "name": "GET /test1",
          "action": "create"
        },
        {
          "type": "api_group",
          "id": "9100ae30705947cc9543d37cd7fb388c"
        }
      ],
      "counts": {
        "succeeded": 1,
        "failed": 0,
        "ignored": 0
      },
      "children": []
    }
  },
  {
    "name": "apig-import-failed",
    "title": "import refused as a whole",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "f01d2772ea4944408fa544c8ae5a9999",
      "status": "failed",
      "done": true,
      "outcome": "failure",
      "upstreamStatus": "failed",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": {
        "code": "ALREADY_EXISTS",
        "detail": "The API group name already exists",
        "upstream": {
          "code": "APIG.3201"
        }
      },
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "apig-import-processing",
    "title": "import at work: task_result is empty text",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "4dfbf6acaacf4c41a8b3c50daa90d3dc",
      "status": "running",
      "done": false,
      "outcome": null,
      "upstreamStatus": "processing",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "apig-import-waiting",
    "title": "import in the queue",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "c3b78a52fb28461aab92bf6c6989f731",
      "status": "pending",
      "done": false,
      "outcome": null,
      "upstreamStatus": "waiting",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "apig-import-partial",
    "title": "import with updated, created, refused and ignored APIs",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "f99386e02901c3aff3bd38c07aa28ea1",
      "status": "succeeded",
      "done": true,
      "outcome": "partial",
      "upstreamStatus": "succeed",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": {
        "groupId": "b2f5ff47436671b6e533d8dc3614845d",
        "document": {
          "id": "03c7c0ace395d80182db07ae2c30f034",
          "result": "Success"
        },
        "succeeded": [
          {
            "method": "GET",
            "path": "/pets",
            "id": "8a8bb7cd343aa2ad99b7d762030857a2",
            "action": "update"
          },
          {
            "method": "POST",
            "path": "/pets",
            "id": "693a9fdd4c2fd0700968fba0d07ff3c0",
            "action": "create"
          }
        ],
        "failed": [
          {
            "method": "GET",
            "path": "/pets/{id}",
            "error": {
              "code": "ALREADY_EXISTS",
              "detail": "The API name already exists",
              "upstream": {
                "code": "APIG.3202"
              }
            }
          },
          {
            "method": "ANY",
            "path": "/orders",
            "error": {
              "code": "INVALID_REQUEST",
              "detail": "Invalid parameter value,parameterName:path",
              "upstream": {
                "code": "APIG.2012"
              }
            }
          }
        ],
        "ignored": [
          {
            "method": "DELETE",
            "path": "/pets"
          }
        ],
        "unread": null
      },
      "error": null,
      "resources": [
        {
          "type": "api",
          "id": "8a8bb7cd343aa2ad99b7d762030857a2",
          "name": "GET /pets",
          "action": "update"
        },
        {
          "type": "api",
          "id": "693a9fdd4c2fd0700968fba0d07ff3c0",
          "name": "POST /pets",
          "action": "create"
        },
        {
          "type": "api_group",
          "id": "b2f5ff47436671b6e533d8dc3614845d"
        }
      ],
      "counts": {
        "succeeded": 2,
        "failed": 2,
        "ignored": 1
      },
      "children": []
    }
  },
  {
    "name": "apig-unknown-status",
    "title": "a word that is in no documentation",
    "provider": "apig",
    "hasArtifact": false,
    "task": {
      "id": "6046009a9f78dd1daa9930126b467473",
      "status": "unknown",
      "done": false,
      "outcome": null,
      "upstreamStatus": "suspended",
      "type": "import_api",
      "progress": null,
      "createdAt": null,
      "startedAt": null,
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-public-address-bound",
    "title": "a finished task, in a list with its count as text",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "8abfa7b272adc5b40172b73130065ae7",
      "status": "succeeded",
      "done": true,
      "outcome": "success",
      "upstreamStatus": "SUCCESS",
      "type": "bindInstancePublicIp",
      "progress": null,
      "createdAt": "2020-06-15T08:55:53.606Z",
      "startedAt": "2020-06-15T08:55:53.606Z",
      "updatedAt": "2020-06-15T08:55:56.600Z",
      "endedAt": "2020-06-15T08:55:56.600Z",
      "parameters": {
        "public_ip_id": "1aea7aed-e7d8-40ea-b3de-6f3ee9d5db9f",
        "public_ip_address": "100.93.2.18",
        "enable_public_ip": true
      },
      "result": null,
      "error": null,
      "resources": [
        {
          "type": "public_ip",
          "id": "1aea7aed-e7d8-40ea-b3de-6f3ee9d5db9f",
          "name": "100.93.2.18",
          "action": "bind"
        }
      ],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-created",
    "title": "recorded, not at work yet",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "a4fee03484d10c19fad09694504d5210",
      "status": "pending",
      "done": false,
      "outcome": null,
      "upstreamStatus": "CREATED",
      "type": "kafkaReassignmentJob",
      "progress": null,
      "createdAt": "2024-11-05T06:19:35.606Z",
      "startedAt": null,
      "updatedAt": "2024-11-05T06:19:35.625Z",
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-executing",
    "title": "at work: the update time is no end",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "1646899f53aef5689c4abe7ae234933f",
      "status": "running",
      "done": false,
      "outcome": null,
      "upstreamStatus": "EXECUTING",
      "type": "kafkaReassignmentJob",
      "progress": null,
      "createdAt": "2024-11-05T06:19:35.606Z",
      "startedAt": "2024-11-05T06:19:35.606Z",
      "updatedAt": "2024-11-05T06:19:35.625Z",
      "endedAt": null,
      "parameters": {
        "topics": [
          {
            "name": "orders",
            "replicas": 3
          }
        ]
      },
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-failed",
    "title": "failed: this interface never says why",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "3de33899ac1559470c94944227295f97",
      "status": "failed",
      "done": true,
      "outcome": "failure",
      "upstreamStatus": "FAILED",
      "type": "kafkaReassignmentJob",
      "progress": null,
      "createdAt": "2024-11-05T06:19:35.606Z",
      "startedAt": "2024-11-05T06:19:35.606Z",
      "updatedAt": "2024-11-05T06:25:00.000Z",
      "endedAt": "2024-11-05T06:25:00.000Z",
      "parameters": {},
      "result": null,
      "error": {
        "code": "UNKNOWN",
        "detail": null,
        "upstream": {
          "code": null
        }
      },
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-cancelled",
    "title": "cancelled by a user",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "bf006889d9a46b260060c9ea72a065cb",
      "status": "cancelled",
      "done": true,
      "outcome": "cancelled",
      "upstreamStatus": "CANCELLED",
      "type": "kafkaReassignmentJob",
      "progress": null,
      "createdAt": "2024-11-05T06:19:35.606Z",
      "startedAt": "2024-11-05T06:19:35.606Z",
      "updatedAt": "2024-11-05T06:25:00.000Z",
      "endedAt": "2024-11-05T06:25:00.000Z",
      "parameters": {},
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "dms-unknown-status",
    "title": "a word that is in no documentation",
    "provider": "dms",
    "hasArtifact": false,
    "task": {
      "id": "a121b738cb2104e76d94a6b15fe02b8d",
      "status": "unknown",
      "done": false,
      "outcome": null,
      "upstreamStatus": "PAUSED",
      "type": "kafkaReassignmentJob",
      "progress": null,
      "createdAt": "2024-11-05T06:19:35.606Z",
      "startedAt": "2024-11-05T06:19:35.606Z",
      "updatedAt": "2024-11-05T06:19:35.625Z",
      "endedAt": null,
      "parameters": {},
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "ims-image-created",
    "title": "older generation: legacy time, empty end",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ff8080814dbd65d7014dbe0d84db0013",
      "status": "succeeded",
      "done": true,
      "outcome": "success",
      "upstreamStatus": "SUCCESS",
      "type": "createImageByInstance",
      "progress": null,
      "createdAt": null,
      "startedAt": "2015-06-04T18:11:06.586Z",
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": {
        "imageId": "e9e91bff-14b6-4a0b-8377-4ed0813e3360",
        "imageName": null,
        "items": []
      },
      "error": null,
      "resources": [
        {
          "type": "image",
          "id": "e9e91bff-14b6-4a0b-8377-4ed0813e3360"
        }
      ],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "ims-running",
    "title": "progress as a fraction, the step with a trailing colon",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ff87a66f7ac749b159ee539bb7aeef32",
      "status": "running",
      "done": false,
      "outcome": null,
      "upstreamStatus": "RUNNING",
      "type": "imsCopyImageInRegionJob",
      "progress": {
        "percent": 40,
        "step": "CopyImageInRegionTask"
      },
      "createdAt": null,
      "startedAt": "2024-11-05T06:19:35.123Z",
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [
        {
          "type": "image",
          "id": "5a1f0c8e-8c3d-4c8e-9d0e-1f2a3b4c5d6e",
          "name": "copy"
        }
      ],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "ims-waiting",
    "title": "not started",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ff8ea9eeb87dea6bb1b7bf8ba9a8e31a",
      "status": "pending",
      "done": false,
      "outcome": null,
      "upstreamStatus": "INIT",
      "type": "imsImportImageJob",
      "progress": null,
      "createdAt": null,
      "startedAt": "2024-11-05T06:19:35.123Z",
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "ims-failed",
    "title": "reason at the top level",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ff4603c9cce7171cf6a6f77e9c24ebeb",
      "status": "failed",
      "done": true,
      "outcome": "failure",
      "upstreamStatus": "FAIL",
      "type": "imsImportImageJob",
      "progress": null,
      "createdAt": null,
      "startedAt": "2024-11-05T06:19:35.123Z",
      "updatedAt": null,
      "endedAt": "2024-11-05T06:20:35.123Z",
      "parameters": null,
      "result": null,
      "error": {
        "code": "PERMISSION_DENIED",
        "detail": "You have no permission to access the bucket",
        "upstream": {
          "code": "IMG.0026"
        }
      },
      "resources": [],
      "counts": null,
      "children": []
    }
  },
  {
    "name": "ims-whole-image-partial",
    "title": "one sub-job of a success failed",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ffd6bbf0b83e9755eeaa08f4ffa19869",
      "status": "succeeded",
      "done": true,
      "outcome": "partial",
      "upstreamStatus": "SUCCESS",
      "type": "imsCreateWholeImageByInstanceJob",
      "progress": null,
      "createdAt": null,
      "startedAt": "2024-11-05T06:19:35.123Z",
      "updatedAt": null,
      "endedAt": "2024-11-05T06:25:10.000Z",
      "parameters": null,
      "result": {
        "imageId": null,
        "imageName": null,
        "items": []
      },
      "error": null,
      "resources": [
        {
          "type": "image",
          "id": "5a1f0c8e-8c3d-4c8e-9d0e-1f2a3b4c5d6e",
          "name": "system"
        }
      ],
      "counts": {
        "succeeded": 1,
        "failed": 1,
        "ignored": 0
      },
      "children": [
        {
          "id": "ee52eb8ef2c1875cfdf3ffbe9e3c05da",
          "status": "succeeded",
          "done": true,
          "outcome": "success",
          "upstreamStatus": "SUCCESS",
          "type": "imsCopyVolumeToImageJob",
          "progress": null,
          "createdAt": null,
          "startedAt": "2024-11-05T06:19:36.000Z",
          "updatedAt": null,
          "endedAt": "2024-11-05T06:25:00.000Z",
          "parameters": null,
          "result": {
            "imageId": "5a1f0c8e-8c3d-4c8e-9d0e-1f2a3b4c5d6e",
            "imageName": "system",
            "items": []
          },
          "error": null,
          "resources": [
            {
              "type": "image",
              "id": "5a1f0c8e-8c3d-4c8e-9d0e-1f2a3b4c5d6e",
              "name": "system"
            }
          ],
          "counts": null,
          "children": []
        },
        {
          "id": "ee8a5d351a982bd6165bb1fc6c041410",
          "status": "failed",
          "done": true,
          "outcome": "failure",
          "upstreamStatus": "FAIL",
          "type": "imsCopyVolumeToImageJob",
          "progress": null,
          "createdAt": null,
          "startedAt": "2024-11-05T06:19:36.000Z",
          "updatedAt": null,
          "endedAt": "2024-11-05T06:25:00.000Z",
          "parameters": null,
          "result": null,
          "error": {
            "code": "TIMED_OUT",
            "detail": "volume copy timed out",
            "upstream": {
              "code": "IMG.0081"
            }
          },
          "resources": [],
          "counts": null,
          "children": []
        }
      ]
    }
  },
  {
    "name": "ims-unknown-status",
    "title": "a word that is in no documentation",
    "provider": "ims",
    "hasArtifact": false,
    "task": {
      "id": "ff5e8b97cb1b524dcafeb27d2a64dbd4",
      "status": "unknown",
      "done": false,
      "outcome": null,
      "upstreamStatus": "PAUSED",
      "type": "imsImportImageJob",
      "progress": null,
      "createdAt": null,
      "startedAt": "2024-11-05T06:19:35.123Z",
      "updatedAt": null,
      "endedAt": null,
      "parameters": null,
      "result": null,
      "error": null,
      "resources": [],
      "counts": null,
      "children": []
    }
  }
];
